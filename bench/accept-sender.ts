import { parseArgs } from "node:util";
import { Agent, request } from "undici";

/*
 * Posts alerts, or with `--room` notifications to a room of the built-in server, as fast as they are accepted, one in a request,
 * over so many connections, and prints the time of each as JSON: a process of its own, so that the sender's work is not the
 * service's.
 */

const { values } = parseArgs({
  options: {
    url: { type: "string", default: "" },
    seconds: { type: "string", default: "10" },
    connections: { type: "string", default: "32" },
    channel: { type: "string" },
    room: { type: "string" },
  },
});
const connections = Number(values.connections);
const agent = new Agent({ connections });
const untilMs = performance.now() + Number(values.seconds) * 1000;
const times: number[] = [];
let number = 0;

const { room } = values;
const channels = values.channel === undefined ? [] : [values.channel];
const path = room === undefined ? "/api/alerts" : `/v2/room/${encodeURIComponent(room)}/notification`;
const accepted = room === undefined ? 202 : 204;
const bodyOf = (count: number): unknown =>
  room === undefined
    ? { rule: `accept ${count}`, severity: "warning", message: "CPU busy", channels }
    : { message: `<b>CPU</b> busy on web${count}`, color: "red", message_format: "html", from: "bench" };

async function send(): Promise<void> {
  while (performance.now() < untilMs) {
    const startMs = performance.now();
    const { statusCode, body } = await request(`${values.url}${path}`, {
      dispatcher: agent,
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(bodyOf(number++)),
    });
    const answer = await body.text();
    if (statusCode !== accepted) throw new Error(`It was answered ${statusCode}: ${answer}`);
    times.push(performance.now() - startMs);
  }
}

const beganMs = performance.now();
await Promise.all(Array.from({ length: connections }, send));
process.stdout.write(JSON.stringify({ seconds: (performance.now() - beganMs) / 1000, times }));
await agent.close();
