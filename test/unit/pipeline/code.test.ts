import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseConfig } from "../../../src/config/load.ts";
import type { Hooks } from "../../../src/core/code.ts";
import { limits } from "../../../src/core/limits.ts";
import { createLog } from "../../../src/core/log.ts";
import type { Destination } from "../../../src/destinations/contract.ts";
import { openDestination } from "../../../src/destinations/index.ts";
import { Secret } from "../../../src/core/secret.ts";
import { asDecided, decideInCode, withDecided } from "../../../src/pipeline/code.ts";
import { findChannel } from "../../../src/pipeline/channel.ts";
import type { Channel } from "../../../src/pipeline/channel.ts";
import { composeText } from "../../../src/pipeline/compose.ts";
import type { Settings } from "../../../src/pipeline/settings.ts";
import { alertOf, channelOf } from "../../support/pipeline.ts";
import { listenRecording } from "../../support/recording-server.ts";

/* What the operator's code may decide, and what becomes of an alert when that code is at fault. */

const log = createLog({ level: "silent", pretty: false });
const plan = { channel: "ops", portals: ["cpu"], text: "configured ${rule}" };
let opened: Destination[] = [];
let channels: ReadonlyMap<string, Channel> = new Map();

beforeAll(async () => {
  const deps = { baseDir: "/nowhere", roomServer: () => ({ url: "http://127.0.0.1:9", token: new Secret("t") }) };
  const look = { enabled: true, color: "auto", notify: "auto", onUnknown: "resend", from: "Chartbell" } as const;
  const texts = { portalLinks: false, timezone: "UTC", texts: {} };
  const room = await openDestination({ kind: "room", room: "Lobby", messageFormat: "html", ...look, ...texts }, deps);
  const folder = await openDestination(
    { kind: "directory", path: "x", messageFormat: "text", ...look, ...texts },
    deps,
  );
  opened = [room, folder];
  channels = new Map([
    ["ops", channelOf(room)],
    ["files", channelOf(folder, { name: "files" })],
  ]);
});
afterAll(async () => {
  for (const one of opened) await one[Symbol.asyncDispose]();
});

const decide = async (code: Hooks, plans = [plan]) => {
  const settings: Settings = {
    channels,
    reachable: channels,
    portals: new Map(),
    routes: [],
    roomPortals: new Map(),
    code,
    silence: undefined,
    async [Symbol.asyncDispose]() {},
  };
  return await decideInCode(alertOf({ rule: "cpu", fields: { team: "blue" } }), plans, { settings, log });
};

describe("recipients", () => {
  test("undefined leaves the routes' plans as they are", async () => {
    expect(await decide({ recipients: () => undefined })).toEqual([plan]);
    expect(await decide({ recipients: async () => null })).toEqual([plan]);
  });

  test("a channel that no route named gets what the first would say", async () => {
    expect(await decide({ recipients: () => ["files", "ops", "files"] })).toEqual([
      { ...plan, channel: "files" },
      plan,
    ]);
  });

  test("an alert that no route matched reaches whom the code names", async () => {
    expect(await decide({ recipients: () => ["ops"] }, [])).toEqual([{ channel: "ops", portals: [], text: undefined }]);
  });

  test("an alert that names its channels is not asked about", async () => {
    const settings: Settings = {
      channels,
      reachable: channels,
      portals: new Map(),
      routes: [],
      roomPortals: new Map(),
      code: { recipients: () => [] },
      silence: undefined,
      async [Symbol.asyncDispose]() {},
    };
    expect(await decideInCode(alertOf({ channels: ["ops"] }), [plan], { settings, log })).toEqual([plan]);
  });

  test("none: nothing is planned", async () => {
    expect(await decide({ recipients: () => [] })).toEqual([]);
  });

  test("users and rooms of a channel's server are channels of their own, found again by name", async () => {
    const plans = await decide({
      recipients: () => [
        { channel: "ops", user: "bob@example.com" },
        { channel: "ops", room: "Night / shift" },
      ],
    });
    const names = plans.map(({ channel }) => channel);
    expect(names).toEqual(["ops/user/bob@example.com", "ops/room/Night / shift"]);
    const [bob, again] = [findChannel(channels, names[0] ?? ""), findChannel(channels, names[0] ?? "")];
    expect(bob).toBe(again);
    expect(bob?.turns).not.toBe(channels.get("ops")?.turns);
    expect(findChannel(channels, "none/user/bob@example.com")).toBeUndefined();
  });

  test.each<[string, Hooks["recipients"], RegExp]>([
    ["a channel that is not there", () => ["opps"], /no channel `opps`.*Did you mean `ops`/u],
    ["a user of a folder", () => [{ channel: "files", user: "bob" }], /`files` cannot send to a user/u],
  ])("%s: the routes hold, and the message says why", async (_what, recipients, reason) => {
    const [only, ...others] = await decide(recipients === undefined ? {} : { recipients });
    expect(others).toEqual([]);
    expect(only).toMatchObject({ channel: "ops", decided: { remark: expect.stringMatching(reason) } });
  });
});

describe("message and extra", () => {
  test("are asked with the alert and the channel", async () => {
    const asked: unknown[] = [];
    await decide({
      message: (alert, channel) => void asked.push(alert.rule, channel),
      recipients: () => [{ channel: "ops", user: "bob" }],
    });
    expect(asked).toEqual(["cpu", { name: "ops/user/bob", format: "html", user: "bob" }]);
  });

  test("change text, colour, sound, sender and format", async () => {
    const extra = { color: "purple", notify: true, from: "Blue", message_format: "text" } as const;
    const [planned] = await decide({ message: async () => " a < b ", extra: () => extra });
    const channel = channels.get("ops");
    if (channel === undefined || planned === undefined) throw new Error("They are there.");
    const step = composeText(alertOf(), asDecided(channel, planned.decided), planned.text);
    expect(withDecided(step, planned.decided)).toMatchObject({
      text: "a < b",
      format: "text",
      color: "purple",
      notify: true,
      from: "Blue",
    });
  });

  test("an empty text leaves nothing to send, pictures included", async () => {
    expect(await decide({ message: () => " \n" })).toEqual([{ ...plan, portals: [], decided: { text: "" } }]);
  });

  test("a changed copy of the alert changes nothing", async () => {
    const alert = alertOf();
    const settings: Settings = {
      channels,
      reachable: channels,
      portals: new Map(),
      routes: [],
      roomPortals: new Map(),
      code: {},
      silence: undefined,
      async [Symbol.asyncDispose]() {},
    };
    const message = (given: typeof alert): undefined => void Object.assign(given.tags, { host: "other" });
    await decideInCode(alert, [plan], { settings: { ...settings, code: { message } }, log });
    expect(alert.tags).toEqual({});
  });
});

test("a HipChat server is sent the fields under its own names, towards the person or room", async () => {
  await using server = await listenRecording();
  const yaml = `{ kind: hipchat, host: "${server.url}", room: "1", messageToken: env:T }`;
  const { config } = parseConfig(`channels: { ops: ${yaml} }`, {
    file: undefined,
    flags: {},
    env: { T: "t" },
    cwd: "/",
  });
  const options = config.channels["ops"];
  if (options === undefined) throw new Error("It is there.");
  const roomServer = (): never => {
    throw new Error("There is none.");
  };
  await using ops = await openDestination(options, { baseDir: "/", roomServer });
  const card = { style: "application", id: "1", title: "CPU" };
  const step = { kind: "text", text: "t", format: "html", color: "red", notify: true, from: "Blue", card } as const;
  const attempt = { deliveryId: "d", number: 1, signal: AbortSignal.timeout(5000) };
  await ops.towards?.({ kind: "room", idOrName: "Night / shift" })?.deliver(step, attempt);
  await ops.towards?.({ kind: "user", idOrName: "bob@example.com" })?.deliver(step, attempt);
  const sent = server.received.map(({ url, body }): unknown => [url, JSON.parse(body.toString())]);
  const common = { message: "t", message_format: "html", notify: true };
  expect(sent).toEqual([
    ["/v2/room/Night%20%2F%20shift/notification", { ...common, color: "red", from: "Blue", card }],
    ["/v2/user/bob%40example.com/message", common],
  ]);
});

const never = async (): Promise<never> => await new Promise(() => undefined);

describe("a function at fault", () => {
  const thrower = (): never => {
    throw new Error("no <such> team\nsecond line");
  };
  test.each<[string, Hooks, string]>([
    ["throws", { message: thrower }, "The code's `message` failed: no <such> team"],
    ["rejects", { message: async () => thrower() }, "The code's `message` failed: no <such> team"],
    ["never answers", { extra: never }, `The code's \`extra\` failed: no answer within ${limits.codeMs / 1000} s`],
    ["answers something else", { message: (() => 5) as never }, "The code's `message` failed: body: Invalid input"],
    [
      "names an unknown field",
      { extra: (() => ({ colour: "red" })) as never },
      "The code's `extra` failed: colour: unknown field",
    ],
    [
      "names an unknown colour",
      { extra: (() => ({ color: "blue" })) as never },
      "The code's `extra` failed: color: Invalid option",
    ],
    [
      "answers a promise's wrong value",
      { recipients: (async () => ["ops", 5]) as never },
      "The code's `recipients` failed: [1]",
    ],
  ])("%s: the configured text goes, with a remark", async (_what, code, remark) => {
    const [planned] = await decide(code);
    const channel = channels.get("ops");
    if (channel === undefined || planned === undefined) throw new Error("They are there.");
    expect(planned).toMatchObject({ ...plan, decided: { remark: expect.stringContaining(remark) } });
    const { text } = withDecided(composeText(alertOf(), channel, plan.text), planned.decided);
    expect(text).toContain("configured cpu_high (The code&#39;s `");
    expect(text).not.toContain("<such>");
    expect(text).not.toContain("second line");
  });
});
