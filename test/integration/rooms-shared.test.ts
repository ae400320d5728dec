import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startApp } from "../../src/app.ts";
import type { App, Role } from "../../src/app.ts";
import { parseConfig } from "../../src/config/load.ts";
import { createLog } from "../../src/core/log.ts";
import { historyOf, postJson } from "../support/app.ts";
import { openTestDatabase } from "../support/database.ts";

/* Several processes on one database have the same rooms, and a worker that nobody can call writes into them. */

const yaml = `
server: { publicUrl: "https://chat.example.com" }
store: { url: env:DATABASE_URL }
rooms: { names: [Lobby] }
channels: { lobby: { kind: room, room: Lobby } }
`;

test("what a worker posts and what one intake takes is on the other intake's page at once", async () => {
  await using database = await openTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), "chartbell-shared-"));
  const start = async (role: Role): Promise<App> => {
    const flags = { listen: "127.0.0.1:0", dataDir: folder };
    const env = { DATABASE_URL: database.url.reveal() };
    const loaded = parseConfig(yaml, { file: undefined, flags, env, cwd: folder });
    return await startApp(loaded, { mode: "serve", role }, createLog({ level: "silent", pretty: false }));
  };
  {
    await using first = await start("intake");
    await using second = await start("intake");
    await using worker = await start("worker");
    expect((await fetch(`${worker.localUrl}/v2/room`)).status).toBe(404);
    const leaving = new AbortController();
    const events = await fetch(`${second.localUrl}/rooms/Lobby/events`, { signal: leaving.signal });
    const reading = readUntil(events, "hello from the first");
    const { body } = await postJson(first, "/api/alerts", { rule: "cpu_high", channels: ["lobby"], portals: ["test"] });
    const { alerts } = body as { alerts: { id: string }[] };
    expect(await worker.pipeline.outcome(alerts[0]?.id ?? "")).toMatchObject({
      deliveries: [{ state: "delivered", steps: [{ status: "delivered" }, { status: "delivered" }] }],
    });
    await fetch(`${first.localUrl}/v2/room/Lobby/notification`, { method: "POST", body: "hello from the first" });
    const seen = await reading;
    expect(seen).toContain("cpu_high");
    expect(seen).toContain("picture-link");
    leaving.abort();
    const history = await historyOf(second, "Lobby");
    expect(history.map(({ type }) => type)).toEqual(["notification", "message", "notification"]);
    expect(history).toEqual(await historyOf(first, "Lobby"));
  }
  await rm(folder, { recursive: true, force: true });
});

async function readUntil(response: Response, word: string): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes(word)) break;
  }
  return text;
}
