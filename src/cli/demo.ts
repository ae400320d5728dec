import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import type { App } from "../app.ts";
import type { DeliveryRecord } from "../core/delivery.ts";
import { AppError, messageOf } from "../core/errors.ts";
import { cutText } from "../core/text.ts";
import { urlTarget } from "../pipeline/target.ts";
import { start } from "./config-options.ts";
import { commandLog, aborted, formatBytes, formatMs, interruptSignal, print } from "./terminal.ts";

interface DemoFlags {
  readonly once?: boolean;
  readonly out?: string;
}

const preferredPort = 8080;

const examples = `
Examples:
  chartbell demo                          stays up; open the room page it names
  chartbell demo --once --out demo-out    writes picture.png, room.png and demo.json, then ends`;

/** `chartbell demo`: the whole way of an alert on this machine, with no account anywhere. */
export function demo(program: Command): void {
  program
    .command("demo")
    .description("show the whole path: an alert over HTTP, a chart photographed, both in a HipChat room")
    .option("--once", "end after the first alert instead of staying up")
    .option("--out <dir>", "write picture.png, room.png and demo.json into this folder")
    .addHelpText("after", examples)
    .action(async (flags: DemoFlags) => {
      const signal = interruptSignal();
      const dataDir = await mkdtemp(join(tmpdir(), "chartbell-demo-"));
      try {
        await runDemo(flags, dataDir, signal);
      } finally {
        await rm(dataDir, { recursive: true, force: true });
      }
    });
}

async function runDemo(flags: DemoFlags, dataDir: string, signal: AbortSignal): Promise<void> {
  const steps = createSteps();
  const tokens = { CHARTBELL_DEMO_MESSAGE: newToken(), CHARTBELL_DEMO_NOTIFICATION: newToken() };
  const app = await steps.run("start", "Chartbell, its room server and its test portal", async () => {
    const { parseConfig } = await import("../config/load.ts");
    const port = await freePort();
    const loaded = parseConfig(demoConfig(port, dataDir), { file: undefined, flags: {}, env: tokens, cwd: dataDir });
    return await start(loaded, "serve", commandLog());
  });
  await using _stopped = app;
  await steps.run("browser", "headless Chromium", async () => {
    const { version } = await app.driver.probe(signal);
    return version;
  });
  const id = await steps.run("alert", `POST ${app.localUrl}/api/alerts`, async () => await sendAlert(app, signal));
  const delivery = await steps.run("deliver", "text and picture over HipChat's API v2", async () => outcomeOf(app, id));
  report(delivery);
  const roomPage = `${app.publicUrl}/rooms/Demo`;
  const posted = await steps.run(
    "picture",
    "the picture as the room has it",
    async () => await postedPicture(app, tokens.CHARTBELL_DEMO_MESSAGE, signal),
  );
  if (flags.out !== undefined) {
    const out = resolve(flags.out);
    await steps.run("files", out, async () => {
      await mkdir(out, { recursive: true });
      await writeFile(join(out, "picture.png"), posted);
      await writeFile(join(out, "room.png"), await photographRoom(app, roomPage, signal));
    });
    const { text: message, shots } = delivery;
    const summary = { message, verdict: shots[0]?.verdict, timings: steps.timings(), delivery, room: roomPage };
    await writeFile(join(out, "demo.json"), `${JSON.stringify(summary, undefined, 2)}\n`);
  }
  if (flags.once === true) return;
  print(`\nThe room:  ${roomPage}\nSend more: ${curlExample(app)}\nCtrl-C ends it.`);
  await aborted(signal);
}

interface Steps {
  /** Runs a step, prints it with its time; a failure names the step. */
  run<Result>(name: string, what: string, work: () => Promise<Result>): Promise<Result>;
  timings(): Readonly<Record<string, number>>;
}

function createSteps(): Steps {
  const timings: Record<string, number> = {};
  return {
    async run(name, what, work) {
      const startedMs = performance.now();
      try {
        const result = await work();
        const tookMs = performance.now() - startedMs;
        timings[`${name}Ms`] = Math.round(tookMs);
        const said = typeof result === "string" && result.length < 100 ? `${what}: ${result}` : what;
        print(`✓ ${name.padEnd(8)} ${formatMs(tookMs).padStart(7)}  ${said}`);
        return result;
      } catch (error) {
        print(`✗ ${name.padEnd(8)} ${what}`);
        if (!(error instanceof AppError))
          throw new Error(`Step "${name}" failed: ${messageOf(error)}`, { cause: error });
        throw new AppError(error.code, `Step "${name}" failed: ${error.message}`, { hint: error.hint, cause: error });
      }
    },
    timings: () => timings,
  };
}

function newToken(): string {
  return randomBytes(20).toString("hex");
}

/** 8080 if nothing listens there, else any free port. */
async function freePort(): Promise<number> {
  for (const wanted of [preferredPort, 0]) {
    const probe = createServer();
    try {
      probe.listen(wanted, "127.0.0.1");
      await once(probe, "listening");
      const address = probe.address();
      probe.close();
      await once(probe, "close");
      if (typeof address === "object" && address !== null) return address.port;
    } catch {
      // Taken: the next candidate is any free port.
      continue;
    }
  }
  throw new AppError("listen_failed", "There is no free port on 127.0.0.1.");
}

/** A configuration as an operator would write it: a HipChat channel with two tokens, each of one scope. */
function demoConfig(port: number, dataDir: string): string {
  const address = `http://127.0.0.1:${port}`;
  return `
server: { listen: "127.0.0.1:${port}" }
store: { dataDir: ${JSON.stringify(dataDir)} }
rooms:
  names: [Demo]
  tokens:
    Chartbell: { token: env:CHARTBELL_DEMO_MESSAGE, scopes: [send_message, view_messages, view_room] }
    notifications: { token: env:CHARTBELL_DEMO_NOTIFICATION, scopes: [send_notification] }
channels:
  demo:
    kind: hipchat
    host: ${address}
    room: Demo
    messageToken: env:CHARTBELL_DEMO_MESSAGE
    notificationToken: env:CHARTBELL_DEMO_NOTIFICATION
routes:
  - channels: [demo]
    portals: [test]
`;
}

/** What the demo's monitoring system would send. */
const demoAlert = {
  status: "OPEN",
  severity: "critical",
  rule: "cpu_busy_high",
  entity: "web01",
  metric: "cpu_busy",
  tags: { cluster: "eu-west" },
  value: "93.4 %",
  message: "CPU busy is above 80 % on web01.",
  ruleLink: "https://example.com/rules/cpu_busy_high",
};

async function sendAlert(app: App, signal: AbortSignal): Promise<string> {
  const response = await fetch(`${app.localUrl}/api/alerts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(demoAlert),
    signal,
  });
  const text = await response.text();
  if (response.status !== 202) {
    throw new AppError("delivery_rejected", `Chartbell answered ${response.status}: ${cutText(text, 300)}`);
  }
  const { alerts }: { alerts: { id: string }[] } = JSON.parse(text);
  return alerts[0]?.id ?? "";
}

async function outcomeOf(app: App, id: string): Promise<DeliveryRecord> {
  const delivery = (await app.pipeline.outcome(id))?.deliveries[0];
  const failure = delivery?.steps.find(({ status }) => status === "failed")?.failure ?? delivery?.shots[0]?.failure;
  if (delivery === undefined) throw new AppError("delivery_rejected", "The alert reached no channel.");
  if (failure === undefined) return delivery;
  throw failure.code === "internal" ? new Error(failure.message) : new AppError(failure.code, failure.message);
}

function report({ steps, shots }: DeliveryRecord): void {
  for (const { kind, afterMs } of steps) print(`           ${formatMs(afterMs).padStart(7)}  ${kind} in the room`);
  for (const { verdict, width, height, bytes } of shots) {
    print(`                    picture: ${verdict}, ${width}x${height}, ${formatBytes(bytes ?? 0)}`);
  }
}

/** The room's newest file, fetched as a HipChat client would: history, then the file's address. */
async function postedPicture(app: App, token: string, signal: AbortSignal): Promise<Buffer> {
  const headers = { authorization: `Bearer ${token}` };
  const history = await fetch(`${app.localUrl}/v2/room/Demo/history`, { headers, signal });
  const { items }: { items: { file?: { url: string } }[] } = JSON.parse(await history.text());
  const url = items.findLast(({ file }) => file !== undefined)?.file?.url;
  if (url === undefined) throw new AppError("delivery_rejected", "The room has no picture.");
  const file = await fetch(url, { headers, signal });
  if (file.status !== 200) throw new AppError("delivery_rejected", `The room's file answered ${file.status}.`);
  return Buffer.from(await file.arrayBuffer());
}

async function photographRoom(app: App, roomPage: string, signal: AbortSignal): Promise<Buffer> {
  const target = urlTarget(roomPage, { viewport: { width: 1000, height: 720, scale: 1 } }, true);
  return (await app.shooter.shoot(target, signal)).png;
}

function curlExample(app: App): string {
  const body = '{"rule":"disk_full","entity":"db02","severity":"warning"}';
  return `curl -H 'Content-Type: application/json' -d '${body}' ${app.localUrl}/api/alerts`;
}
