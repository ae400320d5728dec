import { parseArgs } from "node:util";
import { Agent, request } from "undici";
import { wait } from "../src/core/wait.ts";

/*
 * Posts alerts, or with `--room` notifications to a room of the built-in server, one in a request, over so many connections: as
 * fast as they are accepted, or `--rate` of them a second, each counted from the moment that it was due. The first `--warm-up`
 * seconds are not counted. Prints the time of each as JSON: a process of its own, so that the sender's work is not the service's.
 */

const { values } = parseArgs({
  options: {
    url: { type: "string", default: "" },
    seconds: { type: "string", default: "10" },
    connections: { type: "string", default: "32" },
    channel: { type: "string" },
    rate: { type: "string" },
    "warm-up": { type: "string", default: "2" },
    room: { type: "string" },
  },
});
const connections = Number(values.connections);
const agent = new Agent({ connections });
const warmUpMs = Number(values["warm-up"]) * 1000;
const countedMs = Number(values.seconds) * 1000;
const beganMs = performance.now();
const times: number[] = [];
let number = 0;
let sent = 0;

const { room } = values;
const channels = values.channel === undefined ? [] : [values.channel];
const path = room === undefined ? "/api/alerts" : `/v2/room/${encodeURIComponent(room)}/notification`;
const accepted = room === undefined ? 202 : 204;
const bodyOf = (count: number): unknown =>
  room === undefined
    ? { rule: `accept ${count}`, severity: "warning", message: "CPU busy", channels }
    : { message: `<b>CPU</b> busy on web${count}`, color: "red", message_format: "html", from: "bench" };

async function send(): Promise<void> {
  for (let startMs = await due(); startMs < warmUpMs + countedMs; startMs = await due()) {
    const { statusCode, body } = await request(`${values.url}${path}`, {
      dispatcher: agent,
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(bodyOf(sent++)),
    });
    const answer = await body.text();
    if (statusCode !== accepted) throw new Error(`It was answered ${statusCode}: ${answer}`);
    if (startMs >= warmUpMs) times.push(performance.now() - beganMs - startMs);
  }
}

/** When the next one is to be sent, milliseconds since the beginning. */
async function due(): Promise<number> {
  const nowMs = performance.now() - beganMs;
  if (values.rate === undefined) return nowMs;
  const dueMs = (number++ / Number(values.rate)) * 1000;
  if (dueMs > nowMs) await wait(dueMs - nowMs, new AbortController().signal);
  return dueMs;
}

await Promise.all(Array.from({ length: connections }, send));
process.stdout.write(JSON.stringify({ seconds: countedMs / 1000, times }));
await agent.close();
