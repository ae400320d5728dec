import { z } from "zod";
import { alertmanager } from "./alertmanager.ts";
import { atsd } from "./atsd.ts";
import { buildbot } from "./buildbot.ts";
import { chef } from "./chef.ts";
import { cloudevents } from "./cloudevents.ts";
import type { Outside, Payload, Reading, SourceDefinition, Trigger } from "./contract.ts";
import { datadog } from "./datadog.ts";
import { generic } from "./generic.ts";
import { grafana } from "./grafana.ts";
import { icinga } from "./icinga.ts";
import { kapacitor } from "./kapacitor.ts";
import { mackerel } from "./mackerel.ts";
import { native, NativeAlert, NativeBatch } from "./native.ts";
import { payara } from "./payara.ts";
import { sns } from "./sns.ts";
import { zabbix } from "./zabbix.ts";

export { helloTo, ScreenshotWish, screenshotTo, TestWish } from "./channel-test.ts";
export type { ChannelTest } from "./channel-test.ts";
export type { BodyForm, Outside, Payload, ReadAlert, Reading, Rejection } from "./contract.ts";

export { severityOf } from "./severity.ts";
export { NativeAlert, NativeBatch };

/** Chartbell's own form of an alert. */
export const triggers = { native } as const satisfies Record<string, Trigger>;

/** Every outside system whose payloads are read; the key is what `source` says in the configuration. */
export const sources = {
  alertmanager,
  atsd,
  buildbot,
  chef,
  cloudevents,
  datadog,
  generic,
  grafana,
  icinga,
  kapacitor,
  mackerel,
  payara,
  sns,
  zabbix,
} as const;
export type SourceName = keyof typeof sources;

type AnyOptions = z.output<(typeof sources)[SourceName]["options"]>;

/** Options of a hook, told apart by `source`. */
export const HookOptions = z
  .discriminatedUnion("source", [
    alertmanager.options,
    atsd.options,
    buildbot.options,
    chef.options,
    cloudevents.options,
    datadog.options,
    generic.options,
    grafana.options,
    icinga.options,
    kapacitor.options,
    mackerel.options,
    payara.options,
    sns.options,
    zabbix.options,
  ])
  .refine(({ token, tokenInUrl }) => token !== undefined || !tokenInUrl, {
    path: ["tokenInUrl"],
    message: "needs a `token` of the hook's own: those of server.tokens never stand in an address",
  });
export type HookOptions = AnyOptions;

/** A source under its own name, as it is without configuration; undefined for one that cannot do without. */
export function unconfiguredHook(name: string): HookOptions | undefined {
  const parsed = HookOptions.safeParse({ source: name });
  return parsed.success ? parsed.data : undefined;
}

/** The definition of a hook's source: how bodies may be written, and an example of a right one. */
export function sourceOf(options: HookOptions): SourceDefinition<z.ZodType<HookOptions>> {
  return sources[options.source];
}

/** The alerts of one request; throws AppErrors only. */
export async function readHook(options: HookOptions, payload: Payload, outside: Outside): Promise<Reading> {
  return await sourceOf(options).read(payload, options, outside);
}
