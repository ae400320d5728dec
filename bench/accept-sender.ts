import { parseArgs } from "node:util";
import { Agent, request } from "undici";

/*
 * Posts alerts as fast as they are accepted, one in a request, over so many connections, and prints the time of each as JSON:
 * a process of its own, so that the sender's work is not the service's.
 */

const { values } = parseArgs({
  options: {
    url: { type: "string", default: "" },
    seconds: { type: "string", default: "10" },
    connections: { type: "string", default: "32" },
    channel: { type: "string" },
  },
});
const connections = Number(values.connections);
const agent = new Agent({ connections });
const untilMs = performance.now() + Number(values.seconds) * 1000;
const times: number[] = [];
let number = 0;

async function send(): Promise<void> {
  while (performance.now() < untilMs) {
    const startMs = performance.now();
    const channels = values.channel === undefined ? [] : [values.channel];
    const { statusCode, body } = await request(`${values.url}/api/alerts`, {
      dispatcher: agent,
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ rule: `accept ${number++}`, severity: "warning", message: "CPU busy", channels }),
    });
    const answer = await body.text();
    if (statusCode !== 202) throw new Error(`It was answered ${statusCode}: ${answer}`);
    times.push(performance.now() - startMs);
  }
}

const beganMs = performance.now();
await Promise.all(Array.from({ length: connections }, send));
process.stdout.write(JSON.stringify({ seconds: (performance.now() - beganMs) / 1000, times }));
await agent.close();
