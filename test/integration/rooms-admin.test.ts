import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { App } from "../../src/app.ts";
import { historyOf, postJson, startTestApp } from "../support/app.ts";
import { chartbell } from "../support/cli.ts";
import type { CliResult } from "../support/cli.ts";

/* `chartbell rooms`: asked of the running server, taken up by it at once. */

let app: App;
let cwd: string;
const env = { ROOM_TOKEN: "room-5ec4e7", CONSOLE_TOKEN: "console-5ec4e7" };
const yaml = (port: string): string => `
server: { listen: "127.0.0.1:${port}", tokens: { ops: env:CONSOLE_TOKEN } }
rooms: { names: [Lobby], tokens: { all: { token: env:ROOM_TOKEN } } }
`;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "chartbell-cli-"));
  app = await startTestApp(yaml("0"), env);
  await writeFile(join(cwd, "chartbell.yaml"), yaml(new URL(app.localUrl).port));
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await rm(cwd, { recursive: true });
});
const rooms = async (...args: readonly string[]): Promise<CliResult> =>
  await chartbell(["rooms", ...args], { cwd, env });
const notify = async (room: string, token: string): Promise<number> =>
  (
    await fetch(`${app.localUrl}/v2/room/${room}/notification`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: '{"message":"hi"}',
    })
  ).status;

describe("rooms", () => {
  test("are made, once of a name, and listed", async () => {
    const made = await rooms("create", "Night shift", "--topic", "from 22:00", "--private", "--json");
    expect([made.code, JSON.parse(made.stdout)]).toEqual([0, { id: 2, name: "Night shift" }]);
    const again = await rooms("create", "Night shift");
    expect([again.code, again.stdout]).toEqual([4, ""]);
    expect(again.stderr).toMatch(/There is a room "Night shift" already\.\n {2}→ .*chartbell rooms list/u);
    expect((await rooms("create", " ")).code).toBe(4);
    const list = await rooms("list");
    expect(list.stdout).toMatch(/^2 +Night shift +private +0 +never +from 22:00$/mu);
    expect(JSON.parse((await rooms("list", "--json")).stdout)).toMatchObject({
      rooms: [
        { id: 1, name: "Lobby" },
        { id: 2, name: "Night shift", topic: "from 22:00", messagesSent: 0 },
      ],
    });
  });
});

describe("tokens", () => {
  test("are shown once, work at once, and are refused as soon as they are revoked", async () => {
    const made = await rooms("token", "create", "--scopes", "send_notification, send_message", "--name", "grafana");
    const token = made.stdout.trim();
    expect([made.code, token]).toEqual([0, expect.stringMatching(/^[\w-]{40}$/u)]);
    expect(await notify("Lobby", token)).toBe(204);
    expect((await historyOf(app, "Lobby", env.ROOM_TOKEN)).at(-1)).toMatchObject({ from: "grafana" });
    const list = await rooms("token", "list");
    expect(list.stdout).toMatch(/^grafana +all +\S+ \S+ +send_notification, send_message$/mu);
    expect(list.stdout).not.toContain(token);
    expect((await rooms("token", "create", "--scopes", "view_room", "--name", "grafana")).stderr).toContain("already");
    expect((await rooms("token", "create", "--scopes", "view_room", "--name", "all")).stderr).toContain("already");
    expect((await rooms("token", "revoke", "grafana")).stdout).toBe("grafana is revoked.\n");
    expect(await notify("Lobby", token)).toBe(401);
    const gone = await rooms("token", "revoke", "grafana");
    expect([gone.code, gone.stderr]).toEqual([4, expect.stringContaining("chartbell rooms token list")]);
  });

  test("of one room act there only", async () => {
    await postJson(app, "/api/rooms", { name: "Ops" }, { authorization: `Bearer ${env.CONSOLE_TOKEN}` });
    const made = await rooms("token", "create", "--room", "Ops", "--scopes", "send_notification", "--json");
    const { token, room, name } = JSON.parse(made.stdout) as Record<string, string>;
    expect([room, name]).toEqual(["Ops", expect.stringMatching(/^Ops 2/u)]);
    expect(await notify("Ops", token ?? "")).toBe(204);
    expect(await notify("Lobby", token ?? "")).toBe(404);
  });

  test.each([
    [["--scopes", "everything"], "scopes"],
    [["--scopes", ","], "scopes"],
    [["--scopes", "manage_rooms", "--room", "Lobby"], "cannot have the scope manage_rooms"],
    [["--scopes", "view_room", "--room", "Nowhere"], 'no room "Nowhere"'],
  ])("are refused for %j", async (args, said) => {
    const { code, stdout, stderr } = await rooms("token", "create", ...args);
    expect([code, stdout]).toEqual([4, ""]);
    expect(stderr).toContain(said);
    expect(stderr).toContain("→");
  });
});

test("the addresses ask for a token of the console", async () => {
  for (const path of ["/api/rooms", "/api/rooms/tokens"]) {
    expect((await fetch(`${app.localUrl}${path}`)).status).toBe(401);
    const authorization = `Bearer ${env.ROOM_TOKEN}`;
    expect((await fetch(`${app.localUrl}${path}`, { headers: { authorization } })).status).toBe(401);
  }
});

test("without a running server the next step is told", async () => {
  const { code, stderr } = await rooms("list", "--listen", "127.0.0.1:9");
  expect([code, stderr]).toEqual([8, expect.stringContaining("chartbell serve")]);
});
