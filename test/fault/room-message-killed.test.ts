import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { startService, until } from "../support/service.ts";
import type { Service } from "../support/service.ts";
import { useStage } from "../support/stage.ts";

/* kill -9 of the service while messages of a room become alerts: what was answered with success is said elsewhere, once. */

const stage = useStage();
const yaml = `
rooms: { names: [Ops] }
channels: { copies: { kind: room, room: Copies, messageFormat: text } }
routes: [{ match: { source: room, fields: { room: Ops } }, channels: [copies], open: { text: "\${message}" } }]
`;

async function send(service: Service, message: string, headers: Record<string, string>): Promise<number | undefined> {
  const answer = await fetch(`${service.url}/v2/room/Ops/notification`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ message }),
  }).catch(() => undefined);
  // Nobody is there: the one who is to come needs the processor.
  if (answer === undefined) await new Promise((resolve) => setTimeout(resolve, 100));
  return answer?.status;
}

async function textsOf(service: Service, room: string): Promise<readonly string[]> {
  const path = `/v2/room/${room}/history?date=2100-01-01&max-results=1000`;
  const { items }: { items: { message: string }[] } = JSON.parse(await (await fetch(`${service.url}${path}`)).text());
  return items.map(({ message }) => message);
}

test(
  "a message that was answered goes on once, and one that is sent again under its key until it is answered",
  { timeout: 180_000 },
  async () => {
    let service = await startService(stage.folder, yaml);
    const taken: string[] = [];
    const over = new AbortController();
    const keep = async (isKeyed: boolean): Promise<void> => {
      while (!over.signal.aborted) {
        const message = randomUUID();
        const headers: Record<string, string> = isKeyed ? { "idempotency-key": message } : {};
        let status = await send(service, message, headers);
        // One that does not hear of its message says it again, under the same key.
        if (isKeyed) while (status !== 204 && !over.signal.aborted) status = await send(service, message, headers);
        if (status === 204) taken.push(message);
      }
    };
    const sending = [keep(false), keep(false), keep(true), keep(true)];
    const more = async (count: number): Promise<void> => {
      const enough = taken.length + count;
      await until(`${count} more are taken`, async () => taken.length >= enough, 60_000);
    };
    for (let round = 0; round < 3; round++) {
      await more(15);
      await service.end("SIGKILL");
      service = await startService(stage.folder, yaml);
    }
    await more(5);
    over.abort();
    await Promise.all(sending);
    await until(
      "all are said",
      async () => {
        const said = new Set(await textsOf(service, "Copies"));
        return taken.every((message) => said.has(message));
      },
      60_000,
    );
    const said = await textsOf(service, "Copies");
    expect(said).toHaveLength(new Set(said).size);
    expect((await textsOf(service, "Ops")).filter((message) => taken.includes(message))).toHaveLength(taken.length);
    await service.end();
  },
);
