import { isIP } from "node:net";
import { availableParallelism } from "node:os";
import { z } from "zod";
import { limits } from "../core/limits.ts";
import { Name } from "../core/name.ts";
import { Portal } from "../core/portal.ts";
import { Duration } from "../core/quantity.ts";
import { Route } from "../core/route.ts";
import { Schedule } from "../core/schedule.ts";
import { SecretField } from "../core/secret.ts";
import { ApiToken } from "../core/token.ts";
import { ChannelOptions } from "../destinations/index.ts";
import { Scope } from "../core/room.ts";
import { PicturesOptions, Retention } from "../store/options.ts";
import { HookOptions } from "../triggers/index.ts";
import { AllowEntry } from "../web-driver/allow.ts";

/*
 * The schema of chartbell.yaml. Every key is described here once: the checks, the documentation and the hints for misspelt
 * keys all come from this file. Unknown keys are errors.
 */

const listenPattern = /^(?<host>\[[\da-f:.]+\]|[^:[\]]+):(?<port>\d{1,5})$/iu;

const Listen = z
  .string()
  .refine(
    (listen) => Number(listenPattern.exec(listen)?.groups?.["port"] ?? Number.NaN) <= 65_535,
    "must be HOST:PORT",
  );

const PemFile = z.string("must be the path of a PEM file").min(1).max(4096);

const Tls = z
  .strictObject({
    listen: Listen.default("127.0.0.1:8443").describe("Address and port to listen on with TLS, beside server.listen."),
    cert: PemFile.optional().describe(
      "PEM file of the certificate and those that lead to its authority; default: Chartbell makes one.",
    ),
    key: PemFile.optional().describe("PEM file of its private key, without a password."),
    names: z
      .array(
        z
          .string()
          .max(253)
          .refine(
            (name) =>
              isIP(name) !== 0 || /^(?:\*\.)?[a-z\d]([a-z\d-]*[a-z\d])?(?:\.[a-z\d]([a-z\d-]*[a-z\d])?)*$/iu.test(name),
            "must be a host name or an address",
          ),
      )
      .max(100)
      .default([])
      .describe(
        "More names of this server, for the certificate that Chartbell makes: those that clients know, as `api.hipchat.com`.",
      ),
  })
  .superRefine(({ cert, key, names }, context) => {
    if ((cert === undefined) !== (key === undefined)) {
      const missing = cert === undefined ? "cert" : "key";
      context.addIssue({ code: "custom", path: [missing], message: "is needed too: a certificate and its key" });
    }
    if (cert !== undefined && names.length > 0) {
      context.addIssue({ code: "custom", path: ["names"], message: "stand in the given certificate; leave them out" });
    }
  });

const Server = z.strictObject({
  listen: Listen.default("127.0.0.1:8080").describe("Address and port to listen on; port 0 takes a free one."),
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("Address under which people and other programs reach this server; default: the listen address."),
  tokens: z
    .record(Name, ApiToken)
    .default({})
    .describe(
      "API tokens by name, each a reference, or a section that says what it may. None: on loopback everybody may call.",
    ),
  tls: Tls.optional().describe("HTTPS beside HTTP, for clients that speak nothing else; `{}` makes a certificate."),
});

const Store = z.strictObject({
  dataDir: z
    .string()
    .min(1)
    .default("./data")
    .describe(
      "Folder of the private PostgreSQL, when no url is given, and of pictures as files; one Chartbell per folder.",
    ),
  url: SecretField.optional().describe(
    "Address of a PostgreSQL server (14 or newer) instead of the private one: `postgres://USER:PASSWORD@HOST/DATABASE`.",
  ),
  pictures: PicturesOptions.optional().describe(
    "Where sent pictures are kept. files: in dataDir (default without url); database: in the database (default with url); or s3.",
  ),
  retention: Retention.prefault({}).describe("How long things are kept: 90s, 10m, 12h, 30d; sizes as 500MiB, 2GiB."),
});

const Browser = z.strictObject({
  executable: z.string().min(1).optional().describe("Path of a Chromium; default: the first one found."),
  concurrency: z
    .int()
    .min(1)
    .max(64)
    .default(Math.max(1, availableParallelism()))
    .describe("Shots at a time; default: one per core."),
  allow: z
    .array(AllowEntry)
    .max(1000)
    .default([])
    .describe("host:port that pages may reach beside public addresses and a portal's own host."),
  sandbox: z.enum(["auto", "on", "off"]).default("auto").describe("Chromium's sandbox. auto: off for root only."),
});

const Rooms = z.strictObject({
  names: z
    .array(z.string().min(1).max(limits.roomNameCharsMax))
    .max(limits.roomsMax)
    .default([])
    .describe("Rooms to make at start, beside those of the channels."),
  tokens: z
    .record(
      Name,
      z.strictObject({
        token: SecretField.describe("The token."),
        scopes: z
          .array(Scope)
          .min(1)
          .default(["send_notification", "send_message", "view_group", "view_room", "view_messages"])
          .describe("HipChat's scopes."),
      }),
    )
    .default({})
    .describe("Tokens of the HipChat-compatible API by name. None: on loopback everybody may call."),
  portals: z
    .record(z.string().min(1).max(limits.roomNameCharsMax), z.array(Name).max(10))
    .default({})
    .describe("Portals by the names of rooms: each notification in the room brings their pictures."),
  rateLimits: z
    .boolean()
    .default(false)
    .describe("Answer 429 beyond HipChat's limits (30 messages a minute per room)."),
  webhookAllow: z
    .array(AllowEntry)
    .max(1000)
    .default([])
    .describe("host:port that webhooks of rooms may call beside public addresses."),
});

const Windows = z.strictObject({
  silence: Duration.optional().describe(
    "A window of which nothing is heard for this time is ended with a CANCEL that says so: 30m, 12h. Default: never.",
  ),
});

export const Config = z.strictObject({
  server: Server.prefault({}).describe("Where Chartbell listens and who may call."),
  store: Store.prefault({}).describe("Where it keeps things."),
  browser: Browser.prefault({}).describe("The headless browser."),
  rooms: Rooms.prefault({}).describe("The built-in HipChat-compatible room server."),
  channels: z.record(Name, ChannelOptions).default({}).describe("Where messages go, by name."),
  portals: z.record(Name, Portal).default({}).describe("Pages that can be photographed, by name."),
  hooks: z
    .record(Name, HookOptions)
    .default({})
    .describe(
      "Outside systems that post to `/hooks/NAME`; each source answers under its own name without being listed.",
    ),
  routes: z
    .array(Route)
    .max(1000)
    .default([])
    .describe("Which alerts go where; every matching route applies, in order, up to one with `stop`."),
  windows: Windows.prefault({}).describe("The lives of alerts; see [alerts](alerts.md#windows)."),
  code: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe("TypeScript or JavaScript file with functions that decide; see [in code](in-code.md)."),
  schedules: z
    .array(Schedule)
    .max(limits.schedulesMax)
    .default([])
    .describe("Pictures of portals at times of day; see [schedules](operations.md#schedules)."),
});
export type Config = z.infer<typeof Config>;

/** Host and port of a listen address. */
export function splitListen(listen: string): { readonly host: string; readonly port: number } {
  const groups = listenPattern.exec(listen)?.groups ?? {};
  return { host: (groups["host"] ?? "127.0.0.1").replace(/^\[|\]$/gu, ""), port: Number(groups["port"] ?? 0) };
}

/** Where the Chartbell that serves this configuration listens, as another process on this machine reaches it. */
export function servedUrl({ server }: Config): string {
  const { host, port } = splitListen(server.listen);
  const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}
