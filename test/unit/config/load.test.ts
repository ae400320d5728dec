import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadConfig, parseConfig } from "../../../src/config/load.ts";
import type { LoadedConfig } from "../../../src/config/load.ts";
import { describeConfig, maskedConfig } from "../../../src/config/show.ts";
import { AppError } from "../../../src/core/errors.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "chartbell-config-"));
  writeFileSync(join(folder, "token"), "file-token-77\n");
});
afterAll(() => rmSync(folder, { recursive: true }));

const env = { HIPCHAT_TOKEN: "env-token-77", EMPTY: "" };

function parse(text: string, changes: Partial<Parameters<typeof parseConfig>[1]> = {}): LoadedConfig {
  return parseConfig(text, { file: join(folder, "chartbell.yaml"), flags: {}, env, cwd: folder, ...changes });
}

function problemsOf(text: string): readonly string[] {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof AppError && error.code === "config_invalid") return error.message.split("\n").slice(1);
    throw error;
  }
  return [];
}

const good = `
server: { listen: "127.0.0.1:9000" }
channels:
  ops:
    kind: hipchat
    host: https://hipchat.example.com/v2/
    room: 4711
    messageToken: env:HIPCHAT_TOKEN
    notificationToken: file:token
portals:
  cpu: { url: "https://grafana.example.com/d/abc?var-host=\${entity}" }
routes:
  - match: { severity: [warning, critical] }
    channels: [ops]
    portals: [cpu]
`;

describe("a good file", () => {
  test("gets its defaults, its secrets and its numbers as names", () => {
    const { config, warnings } = parse(good);
    const { ops } = config.channels;
    if (ops?.kind !== "hipchat") throw new Error("The channel is of the wrong kind.");
    expect(ops.room).toBe("4711");
    expect(ops.messageToken?.reveal()).toBe("env-token-77");
    expect(ops.notificationToken?.reveal()).toBe("file-token-77");
    expect(ops).toMatchObject({ apiVersion: 2, color: "auto", from: "Chartbell", tls: { verify: true } });
    expect(config.portals["cpu"]?.viewport).toEqual({ width: 1280, height: 800, scale: 1 });
    expect(warnings).toEqual(["channels.ops.host: the trailing API version was removed; use apiVersion."]);
  });

  test("flags win over the environment, the environment over the file", () => {
    const both = parse(good, { flags: { listen: "127.0.0.1:1" }, env: { ...env, CHARTBELL_LISTEN: "127.0.0.1:2" } });
    expect(both.config.server.listen).toBe("127.0.0.1:1");
    expect(both.originOf(["server", "listen"])).toBe("flag --listen");
    const one = parse(good, { env: { ...env, CHARTBELL_LISTEN: "127.0.0.1:2" } });
    expect(one.config.server.listen).toBe("127.0.0.1:2");
    expect(one.originOf(["server", "listen"])).toBe("env CHARTBELL_LISTEN");
  });

  test("is shown with the origin of each value and without any secret", () => {
    const shown = describeConfig(parse(good));
    expect(shown).toMatch(/listen: 127\.0\.0\.1:9000 # .*chartbell\.yaml:2\n/u);
    expect(shown).toMatch(/messageToken: "\[secret\]" # .*chartbell\.yaml:8\n/u);
    expect(shown).toMatch(/dataDir: \.\/data # default\n/u);
    expect(shown).toMatch(/- critical # .*chartbell\.yaml:13\n/u);
    expect(shown + JSON.stringify(maskedConfig(parse(good)))).not.toMatch(/token-77/u);
  });
});

describe("a bad file", () => {
  test("with five mistakes reports five, each with line, path and the nearest key", () => {
    const problems = problemsOf(`
server: { lissten: "127.0.0.1:9000" }
channels:
  ops: { kind: hipchat, host: https://h.example.com, room: "1", messageToken: env:NOPE, colour: red }
portals:
  cpu: { url: "ftp://x", viewport: { width: "wide" } }
routes: []
`);
    expect(problems).toHaveLength(5);
    expect(problems).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/line 2: server\.lissten: unknown key; did you mean `listen`\?/u),
        expect.stringMatching(/line 4: channels\.ops\.messageToken: environment variable NOPE is not set/u),
        expect.stringMatching(/line 4: channels\.ops\.colour: unknown key; did you mean `color`\?/u),
        expect.stringMatching(/line 6: portals\.cpu\.url: must start with http/u),
        expect.stringMatching(/line 6: portals\.cpu\.viewport\.width: .*number/u),
      ]),
    );
  });

  test.each([
    ["channels: { a: { kind: hipcat, host: x } }", /channels\.a\.kind: .*hipchat.*room.*directory/u],
    ["channels: { a: { kind: hipchat, host: h, room: r, messageToken: plain } }", /messageToken: must be a reference/u],
    ["channels: { a: { kind: hipchat, host: h, room: r } }", /notificationToken: or messageToken is needed/u],
    [
      "channels: { a: { kind: hipchat, host: h, messageToken: env:HIPCHAT_TOKEN } }",
      /room: name either a room or a user/u,
    ],
    [
      "channels: { a: { kind: hipchat, host: 'ht tp://', room: r, messageToken: env:HIPCHAT_TOKEN } }",
      /host: must be a host/u,
    ],
    ["channels: { a: { kind: hipchat, host: h, room: r, messageToken: env:EMPTY } }", /EMPTY is empty/u],
    [
      "channels: { a: { kind: hipchat, host: h, room: r, messageToken: file:nope } }",
      /nope cannot be read \(ENOENT\)/u,
    ],
    ["routes: [{ channels: [opps] }]", /routes\[0\]\.channels\[0\]: there is no channel `opps`/u],
    ["channels: { ops: { kind: room, room: R } }\nroutes: [{ channels: [opps] }]", /did you mean `ops`/u],
    ["channels: { ops: { kind: room, room: R } }\nroutes: [{ channels: [ops], portals: [cpu] }]", /no portal `cpu`/u],
    ["rooms: { portals: { Ops: [cpu] } }", /rooms\.portals\.Ops\[0\]: there is no portal `cpu`/u],
    ["hooks: { room: { source: grafana } }", /hooks\.room: is the source of messages/u],
    ["portals: { p: { url: 'https://${host}/x' } }", /url: host and port must be fixed/u],
    ["portals: { p: { url: 'https://user@h/x' } }", /url: host and port must be fixed/u],
    ["portals: { p: { url: 'https://h/${entity' } }", /url: output .* not closed/u],
    ["portals: { p: { url: 'https://h/', timezone: Mars/Base } }", /timezone: must be an IANA time zone/u],
    ["portals: { p: { url: 'https://h/', ready: { selektor: x } } }", /ready.*selektor.*`selector`/u],
    ["server: { listen: nowhere }", /server\.listen: must be HOST:PORT/u],
    ["browser: { allow: ['http://x/'] }", /browser\.allow\[0\]/u],
    ["a: b: c", /./u],
    ["channels: *nowhere", /Unresolved alias/u],
    [
      `a: &a [x]\n${"bcdefgh"
        .split("")
        .map((name, index) => `${name}: &${name} [${`*${"abcdefg"[index]},`.repeat(10)}]`)
        .join("\n")}`,
      /Excessive alias count/u,
    ],
    ["routes: [{ channels: [], match: { rule: { regex: '(' } } }]", /routes\[0\]\.match\.rule\.regex: is no regular/u],
    ["routes: [{ channels: [], match: { rule: [a, { regex: '(' }] } }]", /match\.rule\[1\]\.regex: is no regular/u],
    [
      "routes: [{ channels: [], match: { rule: { regex: x, y: z } } }]",
      /match\.rule\.y: unknown key; known keys: regex/u,
    ],
    ["routes: [{ channels: [], match: { tags: { a: [{ regex: '(' }] } } }]", /match\.tags\.a\[0\]\.regex/u],
    [
      "routes: [{ channels: [], match: { severity: [normal, '>=wrning'] } }]",
      /match\.severity\[1\]: `wrning`.*`warning`/u,
    ],
    ["routes: [{ channels: [], match: { time: { days: [mon, x] } } }]", /match\.time\.days\[1\]: `x` is no day/u],
    [
      "routes: [{ channels: [], match: { not: [{ rul: x }] } }]",
      /match\.not\[0\]\.rul: unknown key; did you mean `rule`/u,
    ],
    [
      "routes: [{ name: a, channels: [] }, { name: a, channels: [] }]",
      /routes\[1\]\.name: `a` is the name of routes\[0\]/u,
    ],
    ["- x", /expected object/iu],
    ["channels: { 'a b': { kind: room, room: R } }", /channels\.a b: must be letters/u],
    ["hooks: { prom: { source: alertmanagr } }", /hooks\.prom.*must be one of alertmanager, atsd,.*zabbix/u],
    [
      "hooks: { prom: { source: alertmanager, channel: x } }",
      /hooks\.prom\.channel: unknown key; did you mean `channels`/u,
    ],
    [
      "hooks: { prom: { source: grafana, channels: [nope] } }",
      /hooks\.prom\.channels\[0\]: there is no channel `nope`/u,
    ],
    [
      "hooks: { bb: { source: buildbot, builders: { docs: { portals: [tset] } } } }",
      /hooks\.bb\.builders\.docs\.portals\[0\]: there is no portal `tset`; did you mean `test`/u,
    ],
    [
      "hooks: { bb: { source: buildbot, tokenInUrl: true } }",
      /hooks\.bb\.tokenInUrl: needs a `token` of the hook's own/u,
    ],
    ["hooks: { bb: { source: buildbot, token: plain } }", /hooks\.bb\.token: must be a reference/u],
    ["hooks: { any: { source: generic } }", /hooks\.any\.map: .*expected object/u],
    [
      "hooks: { any: { source: generic, map: { rule: '${x | nope}' } } }",
      /hooks\.any\.map\.rule: undefined filter: nope/u,
    ],
    ["hooks: { aws: { source: sns, topics: [alarms] } }", /hooks\.aws\.topics\[0\]: must be the ARN of a topic/u],
  ])("%s", (text, expected) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected);
  });

  test("that is named but is not there is an error, not a default", () => {
    const options = { file: "nope.yaml", flags: {}, env: {}, cwd: folder };
    expect(() => loadConfig(options)).toThrowError(/nope\.yaml cannot be read \(ENOENT\)/u);
  });
});

test("without a file, alerts go to the lobby of the built-in server", () => {
  const { config, file } = loadConfig({ file: undefined, flags: {}, env: {}, cwd: folder });
  expect(file).toBeUndefined();
  expect(config.channels["lobby"]).toMatchObject({ kind: "room", room: "Lobby" });
  expect(config.routes[0]?.channels).toEqual(["lobby"]);
});
