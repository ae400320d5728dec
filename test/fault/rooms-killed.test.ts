import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { useStage } from "../support/stage.ts";
import { databasePid, startService, until } from "../support/service.ts";
import type { Service } from "../support/service.ts";

/* kill -9 of the service and of its database while rooms are written to: what was answered with success is there, once. */

const stage = useStage();
const yaml = "rooms: { names: [Ops] }";

const post = async (service: Service, path: string, body: unknown, headers: Record<string, string> = {}) =>
  await fetch(`${service.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  }).catch(() => undefined);
const json = async <Answer>(service: Service, path: string, headers: Record<string, string> = {}): Promise<Answer> => {
  const answer: Answer = JSON.parse(await (await fetch(`${service.url}${path}`, { headers })).text());
  return answer;
};

/** Every text of a room, read page by page. */
async function textsOf(service: Service, room: string): Promise<readonly string[]> {
  const texts: string[] = [];
  for (let start = 0; ; start += 1000) {
    const path = `/v2/room/${room}/history?date=2100-01-01&max-results=1000&start-index=${start}`;
    const { items } = await json<{ items: { message: string }[] }>(service, path);
    texts.push(...items.map(({ message }) => message));
    if (items.length < 1000) return texts;
  }
}

/** Starting again and again takes most of it; a busy machine needs many times as long as an idle one. */
const testMs = 180_000;

test(
  "every notification that was answered with 204 is in the history once, whatever was killed",
  { timeout: testMs },
  async () => {
    let service = await startService(stage.folder, yaml);
    const taken: string[] = [];
    const sent = new Set<string>();
    const keyed: string[] = [];
    const over = new AbortController();
    const send = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const message = randomUUID();
        sent.add(message);
        const answer = await post(service, "/v2/room/Ops/notification", { message });
        if (answer?.status === 204) taken.push(message);
      }
    };
    // One that does not hear of its message says it again, under the same key.
    const persist = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const message = randomUUID();
        const headers = { "idempotency-key": message };
        let status: number | undefined;
        while (status !== 204 && !over.signal.aborted) {
          status = (await post(service, "/v2/room/Ops/notification", { message }, headers))?.status;
        }
        if (status === 204) keyed.push(message);
      }
    };
    const sending = [...Array.from({ length: 6 }, send), persist(), persist()];
    const more = async (count: number): Promise<void> => {
      const [first, second] = [taken.length + count, keyed.length + 2];
      await until(`${count} more are taken`, async () => taken.length >= first && keyed.length >= second);
    };
    for (let round = 0; round < 2; round++) {
      await more(40);
      process.kill(await databasePid(stage.folder), "SIGKILL");
      await more(20);
      await service.end("SIGKILL");
      service = await startService(stage.folder, yaml);
    }
    await more(20);
    over.abort();
    await Promise.all(sending);
    const texts = await textsOf(service, "Ops");
    const counts = new Map<string, number>();
    for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
    expect(taken.filter((message) => counts.get(message) !== 1)).toEqual([]);
    expect(keyed.filter((message) => counts.get(message) !== 1)).toEqual([]);
    expect([...sent].filter((message) => (counts.get(message) ?? 0) > 1)).toEqual([]);
    await service.end();
  },
);

test("rooms, topics, messages, files, webhooks and tokens outlive a kill", { timeout: testMs }, async () => {
  const reachable = 'rooms: { names: [Ops], webhookAllow: ["127.0.0.1:9"] }';
  const first = await startService(stage.folder, reachable);
  const room = await post(first, "/v2/room", { name: "Night", topic: "on call" });
  expect(room?.status).toBe(201);
  await post(first, "/v2/room/Night/message", { message: "hello" });
  const png = Buffer.from("89504e470d0a1a0a", "hex");
  const shared = await fetch(`${first.url}/v2/room/Night/share/file`, {
    method: "POST",
    headers: { "content-type": "multipart/related; boundary=b" },
    body: new Uint8Array(
      Buffer.concat([
        Buffer.from('--b\r\nContent-Disposition: attachment; name="file"; filename="a.bin"\r\n\r\n'),
        png,
        Buffer.from("\r\n--b--"),
      ]),
    ),
  });
  expect(shared.status).toBe(204);
  const hook = await post(first, "/v2/room/Night/webhook", { url: "http://127.0.0.1:9/", event: "room_message" });
  const made = await post(first, "/api/rooms/tokens", { name: "bot", scopes: ["view_room"], room: "Night" });
  expect([hook?.status, made?.status]).toEqual([201, 201]);
  const { token }: { token: string } = JSON.parse((await made?.text()) ?? "");
  const basic = { authorization: `Basic ${btoa(`bot:${token}`)}` };
  const granted = await post(first, "/v2/oauth/token", { grant_type: "client_credentials" }, basic);
  const { access_token: session }: { access_token: string } = JSON.parse((await granted?.text()) ?? "");
  await first.end("SIGKILL");

  const second = await startService(stage.folder, reachable);
  expect(await json(second, "/v2/room/Night")).toMatchObject({ name: "Night", topic: "on call" });
  const { items } = await json<{ items: { message: string; file?: { url: string } }[] }>(
    second,
    "/v2/room/Night/history",
  );
  expect(items.map(({ message }) => message)).toEqual(["hello", ""]);
  const { pathname } = new URL(items[1]?.file?.url ?? "");
  expect(Buffer.from(await (await fetch(`${second.url}${pathname}`)).arrayBuffer())).toEqual(png);
  expect(await json(second, "/v2/room/Night/webhook")).toMatchObject({ items: [{ event: "room_message" }] });
  for (const bearer of [token, session]) {
    const authorization = `Bearer ${bearer}`;
    expect(await json(second, `/v2/oauth/token/${bearer}`, { authorization })).toMatchObject({
      client: { name: "bot", room: { name: "Night" } },
    });
    expect((await fetch(`${second.url}/v2/room/Ops`, { headers: { authorization } })).status).toBe(404);
  }
  await second.end();
});
