import { createSign } from "node:crypto";
import { readFileSync } from "node:fs";
import type { AlertInput } from "../../src/core/alert.ts";
import { HookOptions, readHook } from "../../src/triggers/index.ts";
import type { Outside, Payload, Reading, SourceName } from "../../src/triggers/index.ts";

/** A payload of test/fixtures/sources and how it is sent. */
export interface SourceFixture {
  readonly file: string;
  /** Told by the file's ending unless it is said. */
  readonly form?: "form";
  readonly options?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ExpectedReading {
  readonly alerts: readonly { readonly alert: AlertInput; readonly key?: string; readonly keyForMs?: number }[];
  readonly rejected: Reading["rejected"];
}

const folder = new URL("../fixtures/sources/", import.meta.url);

/** The bytes of a fixture. */
export function readFixture(file: string): Buffer {
  return readFileSync(new URL(file, folder));
}

/** What a fixture is expected to be read as. */
export function expectedOf(file: string): ExpectedReading {
  return JSON.parse(readFixture(`${file}.expected.json`).toString());
}

/** The body of a fixture as the HTTP side hands it over. */
export function bodyOf({ file, form }: SourceFixture): unknown {
  const text = readFixture(file).toString();
  if (form === "form") return Object.fromEntries(new URLSearchParams(text));
  return file.endsWith(".json") ? JSON.parse(text) : text;
}

export const testCertificate = readFixture("sns-test-certificate.pem").toString();

/** Amazon's certificates and confirmations, without Amazon: every address leads to the test's own certificate. */
export function testOutside(): Outside & { readonly visited: string[]; readonly fetched: string[] } {
  const visited: string[] = [];
  const fetched: string[] = [];
  return {
    visited,
    fetched,
    certificate: async (url) => {
      fetched.push(url.href);
      return testCertificate;
    },
    visit: async (url) => void visited.push(url.href),
  };
}

/** The message with the signature that SNS would give it, made with the test's own key. */
export function signedBySns(message: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const names = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
  const sign = createSign(message["SignatureVersion"] === "2" ? "RSA-SHA256" : "RSA-SHA1");
  for (const name of names) {
    const value = message[name];
    if (typeof value === "string") sign.update(`${name}\n${value}\n`);
  }
  return { ...message, Signature: sign.sign(readFixture("sns-test-key.pem"), "base64") };
}

/** Reads a body with a source, as a hook of the configuration does. */
export async function readAs(
  source: SourceName,
  body: unknown,
  { options = {}, headers = {} }: Pick<SourceFixture, "options" | "headers"> = {},
  outside: Outside = testOutside(),
): Promise<Reading> {
  const hook = HookOptions.parse({ source, ...options });
  const bytes = Buffer.from(typeof body === "string" ? body : (JSON.stringify(body) ?? ""));
  const payload: Payload = { body, bytes, headers };
  return await readHook(hook, payload, outside);
}

const topic = "arn:aws:sns:us-east-1:663000815183:alarm-test";

/** Every payload that is read, by its source. A source without one is a type error. */
export const sourceFixtures: Readonly<Record<SourceName, readonly [SourceFixture, ...SourceFixture[]]>> = {
  alertmanager: [{ file: "alertmanager.json" }],
  grafana: [{ file: "grafana.json" }, { file: "grafana-template.json" }],
  atsd: [{ file: "atsd.json" }, { file: "atsd-form.txt", form: "form" }, { file: "atsd-hipchat.json" }],
  mackerel: [
    { file: "mackerel.json" },
    { file: "mackerel-alert-group.json" },
    { file: "mackerel-host-status.json" },
    { file: "mackerel-host-retire.json" },
    { file: "mackerel-monitor.json" },
    { file: "mackerel-sample.json" },
  ],
  chef: [{ file: "chef.json" }, { file: "chef-action.json" }, { file: "chef-audit.json" }],
  buildbot: [
    { file: "buildbot.json", options: { builders: { runtests: { channels: ["tests"], portals: ["grid"] } } } },
    { file: "buildbot-started.json", options: { events: ["started", "finished"] } },
  ],
  payara: [{ file: "payara.txt" }, { file: "payara-test.txt" }],
  kapacitor: [{ file: "kapacitor.json" }, { file: "kapacitor-ok.json" }],
  zabbix: [{ file: "zabbix.json" }],
  datadog: [{ file: "datadog.json" }, { file: "datadog-recovered.json" }],
  sns: [
    { file: "sns-cloudwatch.json", options: { topics: [topic] } },
    { file: "sns-text.json", options: { topics: [topic] } },
    { file: "sns-confirmation.json", options: { topics: [topic] } },
  ],
  icinga: [
    { file: "icinga.txt", form: "form" },
    { file: "nagios.txt", form: "form" },
  ],
  cloudevents: [
    { file: "cloudevents.json" },
    { file: "cloudevents-batch.json" },
    {
      file: "cloudevents-binary.json",
      headers: {
        "ce-specversion": "1.0",
        "ce-id": "b-1",
        "ce-source": "/monitoring",
        "ce-type": "com.example.disk.full",
        "ce-subject": "web01%20%C3%A9",
      },
    },
  ],
  generic: [
    {
      file: "generic.json",
      options: {
        each: "checks",
        map: {
          rule: "${item.name}",
          status: "{% if item.ok %}CANCEL{% else %}firing{% endif %}",
          severity: "${item.state}",
          entity: "${item.host}",
          value: "${item.used}",
          message: "${item.note}",
          time: "${item.at}",
          key: "${item.name} ${item.at}",
          tags: { sender: "${sender.name}" },
          fields: { said: "${body.checks.size} checks" },
        },
      },
    },
    { file: "generic.txt", options: { map: { rule: "text", message: "${body}" } } },
  ],
};
