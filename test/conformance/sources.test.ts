import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { AlertInput } from "../../src/core/alert.ts";
import { AppError } from "../../src/core/errors.ts";
import { limits } from "../../src/core/limits.ts";
import { Secret } from "../../src/core/secret.ts";
import { HookOptions, readHook, sources } from "../../src/triggers/index.ts";
import type { SourceName } from "../../src/triggers/index.ts";
import {
  bodyOf,
  expectedOf,
  readAs,
  readFixture,
  signedBySns,
  sourceFixtures,
  testOutside,
} from "../support/sources.ts";
import type { SourceFixture } from "../support/sources.ts";

/*
 * What every source promises. A new source needs its fixtures in test/support/sources.ts; forgetting them is a type error.
 */

const rows = Object.entries(sourceFixtures).flatMap(([source, fixtures]) =>
  fixtures.map((fixture) => ({ name: `${source}: ${fixture.file}`, source: source as SourceName, fixture })),
);

const topics = { topics: ["arn:aws:sns:us-east-1:663000815183:alarm-test"] };

/** SNS' messages are signed anew, since the change would otherwise be all that is noticed. */
function asSent(source: SourceName, body: unknown): unknown {
  const isMap = typeof body === "object" && body !== null && !Array.isArray(body);
  return source === "sns" && isMap ? signedBySns({ ...body }) : body;
}

async function refusal(
  source: SourceName,
  body: unknown,
  fixture: Omit<SourceFixture, "file"> = {},
): Promise<AppError> {
  try {
    await readAs(source, body, fixture);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("The payload was taken.");
}

describe.each(rows)("$name", ({ source, fixture }) => {
  const body = bodyOf(fixture);

  test("is read as these alerts", async () => {
    expect(await readAs(source, asSent(source, body), fixture)).toEqual(expectedOf(fixture.file));
  });

  test("gives alerts that can be accepted as they are", async () => {
    const { alerts } = await readAs(source, asSent(source, body), fixture);
    for (const { alert } of alerts) expect(AlertInput.parse(alert)).toEqual(alert);
  });

  test("gives alerts or a refusal with a reason, whatever stands in a field", async () => {
    const changed = changes(body);
    const faults: unknown[] = [];
    let taken = 0;
    for (const one of changed) {
      try {
        const { alerts, rejected } = await readAs(source, asSent(source, one.body), fixture);
        const isRight = alerts.every(({ alert }) => AlertInput.safeParse(alert).success);
        if (!isRight || rejected.some(({ message }) => message === ""))
          faults.push({ what: one.what, alerts, rejected });
        taken++;
      } catch (error) {
        const isRefusal = error instanceof AppError && (error.httpStatus === 400 || error.httpStatus === 403);
        if (!isRefusal) faults.push({ what: one.what, error });
      }
    }
    expect(faults).toEqual([]);
    expect(taken).toBeGreaterThan(0);
  });
});

interface Change {
  readonly what: string;
  readonly body: unknown;
}

const strange: readonly unknown[] = [
  undefined,
  null,
  0,
  -1.5,
  1e308,
  "",
  "x".repeat(40_000),
  `a: ${" \n".repeat(20_000)}x`,
  "\u0000\ud800<b>\"'${rule}{{",
  true,
  [],
  [[]],
  {},
  { a: { b: { c: { d: [1, { e: "f" }] } } } },
  { __proto__: null, constructor: "x", toString: 1 },
  JSON.parse('{"__proto__":{"polluted":true}}'),
];

/** The body with each of its fields in turn left out, or replaced by something it should not be. */
function changes(body: unknown): readonly Change[] {
  return pathsOf(body).flatMap((path) =>
    strange.map((value, index) => ({
      what: `${path.join(".")} ← strange[${index}]`,
      body: replaced(body, path, value),
    })),
  );
}

type Path = readonly (string | number)[];

function pathsOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const members = Array.isArray(value) ? value.map((item, index) => [index, item] as const) : Object.entries(value);
  return [path, ...members.flatMap(([key, item]) => pathsOf(item, [...path, key]))];
}

function replaced(value: unknown, [step, ...rest]: Path, by: unknown): unknown {
  if (step === undefined) return by;
  if (Array.isArray(value)) return value.map((item, index) => (index === step ? replaced(item, rest, by) : item));
  const entries = Object.entries(value as Record<string, unknown>).flatMap(([key, item]) => {
    if (key !== step) return [[key, item]];
    return rest.length === 0 && by === undefined ? [] : [[key, replaced(item, rest, by)]];
  });
  return Object.fromEntries(entries);
}

describe.each(Object.entries(sources))("the example of %s", (name, { example, options }) => {
  test("is a right one, so that whoever is shown it can send it", async () => {
    if (name === "generic") return;
    const source = options.parse({ source: name, ...(name === "sns" ? { topics: [topicOf(example)] } : {}) }).source;
    const body: unknown = name === "sns" ? sentBySns(example) : example;
    const { alerts, rejected } = await readAs(
      source,
      body,
      name === "sns" ? { options: { topics: [topicOf(example)] } } : {},
    );
    expect(alerts.length).toBeGreaterThan(0);
    expect(rejected).toEqual([]);
  });
});

function topicOf(example: unknown): string {
  return String((example as { TopicArn?: string }).TopicArn);
}

/** The example with a real address in the place of its dots. */
function sentBySns(example: unknown): unknown {
  return signedBySns({ ...(example as object), SigningCertURL: "https://sns.us-east-1.amazonaws.com/x.pem" });
}

describe("a wrong payload names the field", () => {
  const problem = async (source: SourceName, body: unknown, options = {}): Promise<string> => {
    const reading = await readAs(source, body, { options }).catch((error: unknown) => error);
    const problems =
      reading instanceof AppError
        ? (reading.details["problems"] as { field: string; message: string }[])
        : (reading as { rejected: { field: string; message: string }[] }).rejected;
    return problems.map(({ field, message }) => `${field}: ${message}`).join("; ");
  };

  test.each<[SourceName, unknown, string, object?]>([
    ["alertmanager", { alerts: "none" }, "alerts: must be a list of alerts"],
    ["alertmanager", { version: "4" }, "alerts: must be a list of alerts"],
    ["alertmanager", [], "body: "],
    [
      "alertmanager",
      { alerts: [{ status: "on" }] },
      "alerts[0].status: must be firing or resolved; alerts[0].labels: must have at least one label",
    ],
    [
      "alertmanager",
      { alerts: [{ status: "firing", labels: { a: "b" }, startsAt: {} }] },
      "alerts[0].startsAt: must be a text",
    ],
    ["grafana", { message: "" }, "message: is missing"],
    ["grafana", { title: "x" }, "alerts: must be a list of alerts"],
    ["atsd", { status: "OPEN" }, "rule: is missing"],
    ["atsd", { rule: "x", status: "HALF" }, "status: "],
    ["mackerel", {}, "event: is missing"],
    ["mackerel", { event: "alert" }, "alert: must be an object"],
    ["mackerel", { event: "alertGroup", alertGroup: { status: "OK" } }, "alertGroupSetting: must be an object"],
    ["chef", { message_type: "party" }, "message_type: must be one of action, run_start"],
    ["buildbot", { buildid: 1 }, "builder: must be an object"],
    ["payara", { text: "x" }, "body: must be text"],
    ["kapacitor", { id: "x", level: "BAD" }, "level: must be one of OK, INFO, WARNING, CRITICAL"],
    ["zabbix", { "EVENT.NAME": "x" }, "EVENT.ID: is missing"],
    ["zabbix", { "EVENT.ID": "{EVENT.ID}", "EVENT.NAME": "x" }, "EVENT.ID: is missing"],
    ["datadog", { id: "1" }, "title: is missing"],
    ["icinga", { "host.name": "web01" }, "type: must be one of PROBLEM, RECOVERY"],
    ["icinga", { NOTIFICATIONTYPE: "PROBLEM" }, "host: is missing (host.name or HOSTNAME)"],
    ["cloudevents", { specversion: "1.0" }, "id: is missing"],
    ["sns", { Type: "Party" }, "Type: must be Notification", topics],
    ["generic", { a: 1 }, "checks: must be a list", { each: "checks", map: { rule: "x" } }],
    [
      "generic",
      { checks: [{}] },
      "checks[0]: map.rule: gave nothing",
      { each: "checks", map: { rule: "${item.name}" } },
    ],
    [
      "generic",
      { a: "sideways" },
      'map.status: gave "sideways", which is no status',
      { map: { rule: "x", status: "${a}" } },
    ],
    [
      "generic",
      { a: 1 },
      "map.message: could not be rendered",
      { map: { rule: "x", message: "{% for i in (1..1000000) %}x{% endfor %}" } },
    ],
  ])("%s %j", async (source, body, expected, options) => {
    expect(await problem(source, body, options)).toContain(expected);
  });

  test("a batch's good members are alerts, its bad ones are named", async () => {
    const { alerts } = JSON.parse(readFixture("alertmanager.json").toString());
    const reading = await readAs("alertmanager", {
      alerts: [alerts[0], 7, { status: "firing", labels: {} }, alerts[1]],
    });
    expect(reading.alerts.map(({ alert }) => alert.status)).toEqual([undefined, "CANCEL"]);
    expect(reading.rejected.map(({ index, field }) => [index, field])).toEqual([
      [1, "alerts[1]"],
      [2, "alerts[2].labels"],
    ]);
  });
});

describe("what is too long is cut, never refused", () => {
  test("labels, tags, fields and links", async () => {
    const long = "é".repeat(9_000);
    const labels = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`l${index}`, long]));
    const { alerts } = await readAs("alertmanager", {
      alerts: [
        {
          status: "firing",
          labels: { alertname: long, instance: long, ...labels },
          annotations: { summary: long, ...labels },
          generatorURL: `https://example.com/${long}`,
          startsAt: "long ago",
        },
      ],
    });
    const alert = AlertInput.parse(alerts[0]?.alert);
    expect([alert.rule.length, alert.entity.length, alert.message.length]).toEqual([200, 200, 9_000]);
    expect(Object.keys(alert.tags)).toHaveLength(limits.alertTagsMax);
    expect(Object.keys(alert.fields)).toHaveLength(limits.alertFieldsMax);
    expect(alert.ruleLink).toBeUndefined();
    expect(alert.time).toBeUndefined();
  });
});

describe("the key of a notification", () => {
  test("is the same when the sender tries again, another when the state changed", async () => {
    const { alerts } = JSON.parse(readFixture("alertmanager.json").toString());
    const keyOf = async (alert: object) => (await readAs("alertmanager", { alerts: [alert] })).alerts[0]?.key;
    expect(await keyOf(alerts[0])).toBe(await keyOf({ ...alerts[0], annotations: {} }));
    expect(await keyOf(alerts[0])).not.toBe(await keyOf({ ...alerts[0], status: "resolved" }));
    expect(await keyOf(alerts[0])).not.toBe(await keyOf({ ...alerts[0], startsAt: "2019-01-23T00:00:00Z" }));
  });
});

describe("signatures", () => {
  const secret = new Secret("hook-5ec4e7");
  const signedRead = async (hook: object, body: string, headers: Record<string, string>) =>
    await readHook(
      HookOptions.parse({ secret, ...hook }),
      { body: JSON.parse(body), bytes: Buffer.from(body), headers },
      testOutside(),
    );
  const body = readFixture("atsd.json").toString();
  const hmac = (algorithm: string, text: string): string =>
    createHmac(algorithm, "hook-5ec4e7").update(text).digest("hex");

  test("ATSD's is asked for once a secret is configured", async () => {
    const right = await signedRead({ source: "atsd" }, body, { "x-axi-signature": `sha1=${hmac("sha1", body)}` });
    expect(right.alerts).toHaveLength(1);
    for (const headers of [
      {},
      { "x-axi-signature": "sha1=00" },
      { "x-axi-signature": `sha1=${hmac("sha1", `${body} `)}` },
    ]) {
      const wrong = signedRead({ source: "atsd" }, body, headers);
      await expect(wrong).rejects.toMatchObject({ code: "signature_invalid" });
    }
  });

  test("ATSD's of a form is that of its parameters in the order of their names", async () => {
    const form = "rule=a+b&alert_type=OPEN";
    const payload = {
      body: { rule: "a b", alert_type: "OPEN" },
      bytes: Buffer.from(form),
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        "x-axi-signature": `sha1=${hmac("sha1", "alert_type=OPEN&rule=a+b")}`,
      },
    };
    const reading = await readHook(HookOptions.parse({ source: "atsd", secret }), payload, testOutside());
    expect(reading.alerts).toHaveLength(1);
  });

  test("Grafana's may include a timestamp", async () => {
    const grafana = readFixture("grafana.json").toString();
    const plain = { "x-grafana-alerting-signature": hmac("sha256", grafana) };
    expect((await signedRead({ source: "grafana" }, grafana, plain)).alerts).toHaveLength(1);
    const hook = { source: "grafana", timestampHeader: "X-Time", signatureHeader: "X-Signature" };
    const timed = { "x-time": "1700000000", "x-signature": hmac("sha256", `1700000000:${grafana}`) };
    expect((await signedRead(hook, grafana, timed)).alerts).toHaveLength(1);
    const other = signedRead(hook, grafana, { ...timed, "x-time": "1700000001" });
    await expect(other).rejects.toMatchObject({ code: "signature_invalid" });
  });
});

describe("Amazon SNS", () => {
  const cloudwatch = JSON.parse(readFixture("sns-cloudwatch.json").toString());
  const confirmation = JSON.parse(readFixture("sns-confirmation.json").toString());

  test("a message is read only as it was signed", async () => {
    for (const version of ["1", "2"]) {
      const signed = signedBySns({ ...cloudwatch, SignatureVersion: version });
      expect((await readAs("sns", signed, { options: topics })).alerts).toHaveLength(1);
      for (const change of [
        { Message: "{}" },
        { Subject: "other" },
        { Signature: "AAAA" },
        { SignatureVersion: "3" },
      ]) {
        expect((await refusal("sns", { ...signed, ...change }, { options: topics })).code).toBe("signature_invalid");
      }
    }
  });

  test("neither a strange topic nor no configured topic is listened to, and nothing is fetched for it", async () => {
    const outside = testOutside();
    const other = signedBySns({ ...cloudwatch, TopicArn: "arn:aws:sns:us-east-1:1:evil" });
    await expect(readAs("sns", other, { options: topics }, outside)).rejects.toMatchObject({ code: "topic_forbidden" });
    await expect(readAs("sns", signedBySns(cloudwatch), {}, outside)).rejects.toMatchObject({
      code: "topic_forbidden",
    });
    expect(outside.fetched).toEqual([]);
  });

  test.each([
    "http://sns.us-east-1.amazonaws.com/x.pem",
    "https://sns.us-east-1.amazonaws.com.evil.example/x.pem",
    "https://evil.s3.amazonaws.com/x.pem",
    "https://sns.us-east-1.amazonaws.com:8443/x.pem",
    "https://user@sns.us-east-1.amazonaws.com/x.pem",
    "https://169.254.169.254/latest/meta-data",
    "file:///etc/passwd",
  ])("a certificate is not fetched from %s", async (SigningCertURL) => {
    const outside = testOutside();
    const signed = signedBySns({ ...cloudwatch, SigningCertURL });
    await expect(readAs("sns", signed, { options: topics }, outside)).rejects.toMatchObject({
      code: "signature_invalid",
    });
    expect(outside.fetched).toEqual([]);
  });

  test("a subscription is confirmed for a topic of the configuration only, at SNS' own address only", async () => {
    const outside = testOutside();
    const reading = await readAs("sns", signedBySns(confirmation), { options: topics }, outside);
    expect(reading).toEqual({ alerts: [], rejected: [] });
    expect(outside.visited).toEqual([confirmation.SubscribeURL]);
    const elsewhere = signedBySns({ ...confirmation, SubscribeURL: "https://evil.example/?x" });
    await expect(readAs("sns", elsewhere, { options: topics }, outside)).rejects.toMatchObject({
      code: "signature_invalid",
    });
    const other = signedBySns({ ...confirmation, TopicArn: "arn:aws:sns:us-east-1:1:evil" });
    await expect(readAs("sns", other, { options: topics }, outside)).rejects.toMatchObject({ code: "topic_forbidden" });
    expect(outside.visited).toHaveLength(1);
  });

  test("an end of a subscription tells nothing and brings nothing back", async () => {
    const outside = testOutside();
    const ended = signedBySns({ ...confirmation, Type: "UnsubscribeConfirmation" });
    expect(await readAs("sns", ended, { options: topics }, outside)).toEqual({ alerts: [], rejected: [] });
    expect(outside.visited).toEqual([]);
  });

  test("raw delivery is taken where the configuration says so, from its topics", async () => {
    const headers = {
      "x-amz-sns-rawdelivery": "true",
      "x-amz-sns-message-id": "m-1",
      "x-amz-sns-topic-arn": topics.topics[0] ?? "",
    };
    const alarm: unknown = JSON.parse(cloudwatch.Message);
    const taken = await readAs("sns", alarm, { options: { ...topics, raw: true }, headers });
    expect(taken.alerts[0]).toMatchObject({ key: "m-1", alert: { rule: "alarm-test", status: "CANCEL" } });
    expect((await refusal("sns", alarm, { options: topics, headers })).code).toBe("request_invalid");
    const other = { ...headers, "x-amz-sns-topic-arn": "arn:aws:sns:us-east-1:1:evil" };
    expect((await refusal("sns", alarm, { options: { ...topics, raw: true }, headers: other })).code).toBe(
      "topic_forbidden",
    );
  });
});

describe("Buildbot", () => {
  const build = JSON.parse(readFixture("buildbot.json").toString());
  const read = async (change: object, options = {}) =>
    (await readAs("buildbot", { ...build, ...change }, { options })).alerts.map(({ alert }) => alert);

  test.each([
    [0, "CANCEL", "normal", "success"],
    [1, "OPEN", "warning", "warnings"],
    [2, "OPEN", "critical", "failure"],
    [3, "OPEN", "normal", "skipped"],
    [4, "OPEN", "critical", "exception"],
    [5, "OPEN", "unknown", "retry"],
    [6, "OPEN", "normal", "cancelled"],
    [99, "OPEN", "unknown", "unknown"],
  ])("result %i is %s, %s", async (results, status, severity, value) => {
    expect((await read({ results }))[0]).toMatchObject({ status, severity, value });
  });

  test("a start is told only where the configuration says so, a success as it says", async () => {
    const started = { complete: false, complete_at: null, results: null };
    expect(await read(started)).toEqual([]);
    expect(await read(started, { events: ["started"] })).toMatchObject([{ rule: "runtests started" }]);
    expect(await read({ results: 0 }, { success: "OPEN" })).toMatchObject([{ status: "OPEN", severity: "normal" }]);
  });

  test("a builder that the map does not have goes where the hook goes", async () => {
    const builders = { docs: { channels: ["docs"] } };
    expect((await read({}, { builders }))[0]?.channels).toBeUndefined();
    expect((await read({ builder: { name: "docs" } }, { builders }))[0]?.channels).toEqual(["docs"]);
  });
});
