import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { chartbell } from "../support/cli.ts";

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "chartbell-import-"));
});
afterEach(async () => await rm(cwd, { recursive: true }));

const files: Readonly<Record<string, string>> = {
  atsd: `<rules><rule><name>low</name><enabled>true</enabled><webNotification>
    <webNotificationConfigName>HipChat</webNotificationConfigName><first-details>true</first-details>
    <firstWebConfigParameters><key>message</key><value>\${rule} for \${entity}</value></firstWebConfigParameters>
    </webNotification></rule></rules>`,
  alertmanager: `route: { receiver: ops, routes: [{ receiver: ops, match: { severity: critical } }] }
receivers: [{ name: ops, hipchat_configs: [{ room_id: 1, auth_token: s3cr3t, api_url: "https://hipchat.example.com" }] }]`,
  buildbot: JSON.stringify({
    endpoint: "https://hipchat.example.com",
    auth_token: "s3cr3t",
    builder_room_map: { a: 1 },
  }),
};

test.each(Object.keys(files))("import %s: the file it writes is a configuration, without a token", async (system) => {
  await writeFile(join(cwd, "in"), files[system] ?? "");
  const { code, stdout, stderr } = await chartbell(["import", system, "in", "-o", "chartbell.yaml"], { cwd });
  expect([code, stdout]).toEqual([0, ""]);
  expect(stderr).toMatch(/^Carried over:\n {2}\S/u);
  expect(stderr).toMatch(/\nNot carried over, or to be looked at:\n {2}\S/u);
  const written = await readFile(join(cwd, "chartbell.yaml"), "utf8");
  expect(written + stderr).not.toContain("s3cr3t");

  const names = [...stderr.matchAll(/^ {2}(CHARTBELL_\w+): /gmu)].map(([, name]) => name ?? "");
  const env = Object.fromEntries(names.map((name) => [name, "x"]));
  expect(await chartbell(["config", "--json"], { cwd, env })).toMatchObject({ code: 0, stderr: "" });
});

test("a file that is there is overwritten only when that is asked for; JSON holds the file and the report", async () => {
  await writeFile(join(cwd, "in"), files["alertmanager"] ?? "");
  const run = async (...more: readonly string[]) => await chartbell(["import", "alertmanager", "in", ...more], { cwd });
  const { stdout } = await run();
  expect(stdout).toMatch(/^# From alertmanager\.\n\nchannels:\n/u);
  await writeFile(join(cwd, "mine.yaml"), "mine");
  expect(await run("-o", "mine.yaml")).toMatchObject({ code: 2, stderr: expect.stringContaining("mine.yaml exists.") });
  const { code, stdout: json } = await run("-o", "mine.yaml", "--force", "--json");
  expect(code).toBe(0);
  expect(await readFile(join(cwd, "mine.yaml"), "utf8")).toBe(stdout);
  expect(JSON.parse(json)).toMatchObject({
    yaml: stdout,
    carried: expect.arrayContaining(["hipchat_configs of receiver `ops`, room 1: channel ops"]),
    variables: { CHARTBELL_OPS_TOKEN: "auth_token of hipchat_configs of receiver `ops`" },
  });
});

test("what is not the system's file is refused in one sentence", async () => {
  await writeFile(join(cwd, "in"), "<rules>");
  const { code, stdout, stderr } = await chartbell(["import", "atsd", "in"], { cwd });
  expect([code, stdout]).toEqual([4, ""]);
  expect(stderr).toMatch(/^chartbell: line 1: unclosed tag: rules\.\n/u);
  expect((await chartbell(["import", "nagios", "in"], { cwd })).code).toBe(2);
});
