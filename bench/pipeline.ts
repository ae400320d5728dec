import { execFile } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { wait } from "../src/core/wait.ts";
import { listenRecording } from "../test/support/recording-server.ts";
import { removeFolder, sendAlert, startService, until } from "../test/support/service.ts";
import { commitAndDate, loadNow, machine, quantile, tableFrom, whole } from "./figures.ts";

/*
 * How long the way of an alert is: `npm run bench:pipeline -- [--alerts 120] [--seconds 10]`. Two alerts a second, each with a
 * picture of the test portal, from the moment before the request until the text and the picture are in the room; then how
 * many alerts are accepted in a second, every one on disk, with the senders in a process of their own. Everything on
 * loopback; the service is `chartbell serve` with its private database. The table goes to standard output.
 */

const betweenMs = 500;
const connections = 32;
/** The first shots start the browser and compile code. */
const warmUpAlerts = 4;
const forever = new AbortController().signal;
const sender = fileURLToPath(new URL("accept-sender.ts", import.meta.url));

type Room = Awaited<ReturnType<typeof listenRecording>>;
type Row = readonly [name: string, count: number, p50: string, p99: string, rate: string];

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { alerts: { type: "string", default: "120" }, seconds: { type: "string", default: "10" } },
  });
  const [alerts, seconds] = [Number(values.alerts), Number(values.seconds)];
  if (![alerts, seconds].every((number) => Number.isInteger(number) && number > 0)) {
    process.stderr.write("--alerts and --seconds take whole numbers above 0.\n");
    return 2;
  }
  const loadBefore = loadNow();
  const folder = await mkdtemp(join(tmpdir(), "chartbell-bench-"));
  await using room = await listenRecording();
  const startedMs = performance.now();
  const service = await startService(
    folder,
    `channels: { ops: { kind: hipchat, host: "${room.url}", room: Ops, messageToken: env:TOKEN, notificationToken: env:TOKEN } }`,
  );
  const firstStartMs = performance.now() - startedMs;
  const rows = [
    ...(await measureWay(service.url, room, alerts)),
    await measureAccept("accepted, 500/s offered, sent nowhere", service.url, seconds, ["--rate", "500"]),
    await measureAccept("accepted, as many as can be, sent nowhere", service.url, seconds),
    await measureAccept("accepted, as many as can be, and texts sent to a room", service.url, seconds, [
      "--channel",
      "ops",
    ]),
  ];
  await service.end("SIGKILL");
  const again = performance.now();
  const second = await startService(folder, "{}");
  const restartMs = performance.now() - again;
  await second.end("SIGKILL");
  await removeFolder(folder);
  const heads = ["what", "count", "p50 ms", "p99 ms", "alerts/s"];
  const load = `load ${loadBefore.toFixed(1)} at the start and ${loadNow().toFixed(1)} at the end`;
  console.log(
    tableFrom(
      heads,
      rows.map(([name, count, ...others]) => [name, whole(count), ...others]),
    ),
  );
  console.log(`\nReady in ${whole(firstStartMs)} ms with a new data folder, ${whole(restartMs)} ms after a kill.`);
  console.log(`\n${machine}, ${load}; Node ${process.versions.node}; ${commitAndDate()}.`);
  return 0;
}

/** From before the request until text and picture of each alert are in the room. */
async function measureWay(url: string, room: Room, alerts: number): Promise<readonly Row[]> {
  const sentMs = new Map<string, number>();
  const texts = new Map<string, number>();
  const pictures = new Map<string, number>();
  room.reply = (response) => {
    const atMs = performance.now();
    const { url: path = "", body } = room.received.pop() ?? {};
    const [name] = /way-\d+-/u.exec(body?.subarray(0, 4000).toString("latin1") ?? "") ?? [];
    const start = sentMs.get(name ?? "");
    if (name !== undefined && start !== undefined)
      (path.includes("/share/file") ? pictures : texts).set(name, atMs - start);
    response.writeHead(204).end();
  };
  const all = warmUpAlerts + alerts;
  for (let number = 0; number < all; number++) {
    const name = `way-${number}-`;
    sentMs.set(name, performance.now());
    void sendAlert(url, { rule: name, entity: `web${number}`, channels: ["ops"], portals: ["test"] });
    await wait(betweenMs, forever);
  }
  await until("everything is in the room", async () => texts.size === all && pictures.size === all, 60_000);
  const row = (what: string, times: ReadonlyMap<string, number>): Row => {
    const warm = [...times].filter(([name]) => !isWarmUp(name)).map(([, ms]) => ms);
    return [what, warm.length, whole(quantile(warm, 0.5)), whole(quantile(warm, 0.99)), ""];
  };
  return [row("alert → text in the room", texts), row("alert → picture in the room", pictures)];
}

const isWarmUp = (name: string): boolean => Number(name.split("-")[1]) < warmUpAlerts;

async function measureAccept(what: string, url: string, seconds: number, more: readonly string[] = []): Promise<Row> {
  const options = ["--url", url, "--seconds", String(seconds), "--connections", String(connections), ...more];
  const { stdout } = await promisify(execFile)(process.execPath, [sender, ...options], { maxBuffer: 64 * 1024 * 1024 });
  const { seconds: took, times }: { seconds: number; times: number[] } = JSON.parse(stdout);
  const rate = whole(times.length / took);
  return [what, times.length, whole(quantile(times, 0.5)), whole(quantile(times, 0.99)), rate];
}

process.exitCode = await main();
