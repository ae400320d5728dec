import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { chartbell } from "../support/cli.ts";

/* `chartbell route`: no server runs, and nothing answers at the addresses of the configuration. */

const yaml = `
channels:
  ops: { kind: hipchat, host: "http://127.0.0.1:1", room: 4711, notificationToken: env:TOKEN, messageToken: env:TOKEN }
  texts: { kind: hipchat, host: "http://127.0.0.1:1", room: 4712, notificationToken: env:TOKEN, messageFormat: text }
  lobby: { kind: room, room: Lobby, enabled: false, color: purple, notify: false }
portals:
  cpu: { url: "https://grafana.example.com/d/cpu?host=\${entity}", title: CPU }
routes:
  - { name: databases, match: { rule: "db*" }, channels: [ops] }
  - name: night
    match: { time: { days: mon-fri, from: "22:00", to: "06:00", timezone: Europe/Berlin } }
    channels: [lobby]
  - name: processors
    match: { rule: { regex: "^cpu_" }, not: { tags: { dc: test } } }
    channels: [ops, texts]
    portals: [cpu]
    open: { text: "<b>\${rule}</b> \${entity} is at \${value}" }
    stop: true
  - { match: { severity: ">=major" }, channels: [lobby] }
  - { name: rest, default: true, channels: [lobby] }
`;
const alert = { rule: "cpu_high", entity: "web<01>", severity: "critical", value: 97 };

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "chartbell-route-"));
  await writeFile(join(cwd, "chartbell.yaml"), yaml);
  await writeFile(join(cwd, "alert.json"), JSON.stringify(alert));
});
afterEach(async () => await rm(cwd, { recursive: true }));

const route = async (...args: readonly string[]) =>
  await chartbell(["route", "--at", "2026-11-20T12:00:00Z", ...args], { cwd, env: { TOKEN: "s3cr3t" } });

test("says to people which routes an alert takes, why not the others, and what each channel would get", async () => {
  const { code, stdout, stderr } = await route("--alert", "alert.json");
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toBe(`[OPEN] cpu_high for web<01>, critical, at 2026-11-20T12:00:00.000Z

Routes:
  takes  route       why not
  no     databases   rule: \`cpu_high\`; wanted: \`db*\`
  no     night       time: fri 13:00 Europe/Berlin; wanted: mon-fri 22:00-06:00 Europe/Berlin
  yes    processors
  no     routes[3]   stop: processors matched before
  no     rest        default: another route matched

Messages:
  ops: red, with sound, html
    <b>cpu_high</b> web&lt;01&gt; is at 97
    picture of cpu: https://grafana.example.com/d/cpu?host=web%3C01%3E
  texts: red, with sound, text
    <b>cpu_high</b> web<01> is at 97
    No picture of CPU: This channel has no messageToken (scope send_message), which pictures need. https://grafana.example.com/d/cpu?host=web%3C01%3E
`);
  expect(await readdir(cwd)).toEqual(["alert.json", "chartbell.yaml"]);
});

test("says the same to programs, for several alerts", async () => {
  const night = "2026-11-20T23:30:00+01:00";
  const file = join(cwd, "two.json");
  await writeFile(file, JSON.stringify({ alerts: [alert, { rule: "disk", tags: { dc: "eu" } }] }));
  const { code, stdout } = await route("--alert", file, "--at", night, "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    alerts: [
      {
        alert: { rule: "cpu_high", status: "OPEN", acceptedAt: "2026-11-20T22:30:00.000Z" },
        routes: [
          { index: 0, name: "databases", matched: false, condition: "rule", saw: "`cpu_high`", wanted: "`db*`" },
          { index: 1, name: "night", matched: true },
          { index: 2, name: "processors", matched: true },
          { index: 3, matched: false, condition: "stop", stoppedBy: 2 },
          { index: 4, name: "rest", matched: false, condition: "default" },
        ],
        messages: [
          { channel: "lobby", enabled: false, color: "purple", notify: false, format: "html", pictures: [] },
          { channel: "ops", enabled: true, pictures: [{ portal: "cpu", url: expect.stringContaining("web%3C01%3E") }] },
          { channel: "texts", format: "text", pictures: [] },
        ],
      },
      { messages: [{ channel: "lobby" }] },
    ],
  });
});

test("an alert that names its channels asks no route; standard input will do", () => {
  const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [main, "route", "--alert", "-"], {
    cwd,
    env: { ...process.env, TOKEN: "t" },
    input: JSON.stringify({ ...alert, channels: ["lobby"], portals: ["cpu"] }),
    encoding: "utf8",
  });
  expect(status).toBe(0);
  expect(stdout).toContain("not asked: the alert itself names its channels");
  expect(stdout).toContain("lobby: NOT ENABLED: nothing is sent");
});

describe("what is no alert is refused as over HTTP", () => {
  test.each([
    ['{"rule": "x", "severity": "bad", "x": 1}', 4, /severity: .*\(and 1 more\)/u],
    ['{"rule": "x", "rule": "y"}', 4, /has the key "rule" twice/u],
    ['{"rule": "x", "channels": ["opps"]}', 4, /There is no channel `opps`.*\n.*Did you mean `ops`\?/u],
    [Buffer.from([0xff, 0xfe]), 2, /it is not UTF-8/u],
  ])("%s", async (text, exitCode, message) => {
    await writeFile(join(cwd, "broken.json"), text);
    const { code, stdout, stderr } = await route("--alert", "broken.json");
    expect([code, stdout]).toEqual([exitCode, ""]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /u);
  });

  test("a file that is not there, and a time that is none", async () => {
    expect(await route("--alert", "nowhere.json")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("ENOENT"),
    });
    expect(await route("--alert", "alert.json", "--at", "noon")).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("at: "),
    });
  });
});

test("mistakes in routes are named together, before anything else", async () => {
  await writeFile(
    join(cwd, "chartbell.yaml"),
    `channels: { ops: { kind: room, room: Ops } }
routes:
  - { name: a, match: { rule: { regex: "(" } }, channels: [ops] }
  - { match: { severity: ">=warnign" }, channels: [ops] }
  - { match: { not: {} }, channels: [ops] }
  - { match: { time: { days: monday } }, channels: [ops] }
  - { match: { rul: x }, channels: [ops] }
`,
  );
  const { code, stderr } = await route("--alert", "alert.json");
  expect(code).toBe(3);
  expect(stderr).toMatch(/has 5 problems/u);
  expect(stderr).toMatch(/line 3: routes\[0\]\.match\.rule\.regex: is no regular expression/u);
  expect(stderr).toMatch(/line 4: routes\[1\]\.match\.severity: `warnign` is no severity; did you mean `warning`\?/u);
  expect(stderr).toMatch(/line 5: routes\[2\]\.match\.not: names no condition/u);
  expect(stderr).toMatch(/line 6: routes\[3\]\.match\.time\.days: `monday` is no day/u);
  expect(stderr).toMatch(/line 7: routes\[4\]\.match\.rul: unknown key; did you mean `rule`\?/u);
});
