import { execFile } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { createLog } from "../src/core/log.ts";
import { newRoom } from "../src/core/room.ts";
import { wait } from "../src/core/wait.ts";
import { openStore } from "../src/store/open.ts";
import { removeFolder, startService, until } from "../test/support/service.ts";
import { commitAndDate, loadNow, machine, quantile, tableFrom, whole } from "./figures.ts";

/*
 * What the built-in rooms bear: `npm run bench:rooms -- [--seconds 10] [--messages 100000] [--watchers 200] [--events 200]`.
 * Notifications a second, every one on disk, with the senders in a process of their own; opening a room with very many
 * messages, over HTTP; many who watch one room over server-sent events, each of whom must see every message. Everything on
 * loopback; the service is `chartbell serve` with its private database. The table goes to standard output.
 */

const connections = 32;
const openings = 30;
/** Between two messages that are watched. */
const betweenMs = 50;
/** Messages that are written side by side when the large room is filled. */
const fillBatch = 500;
const forever = new AbortController().signal;
const sender = fileURLToPath(new URL("accept-sender.ts", import.meta.url));

type Row = readonly [what: string, count: number, p50: string, p99: string, rate: string];

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string", default: "10" },
      messages: { type: "string", default: "100000" },
      watchers: { type: "string", default: "200" },
      events: { type: "string", default: "200" },
    },
  });
  const sizes = {
    seconds: Number(values.seconds),
    messages: Number(values.messages),
    watchers: Number(values.watchers),
    events: Number(values.events),
  };
  if (!Object.values(sizes).every((number) => Number.isInteger(number) && number > 0)) {
    process.stderr.write("--seconds, --messages, --watchers and --events take whole numbers above 0.\n");
    return 2;
  }
  const loadBefore = loadNow();
  const folder = await mkdtemp(join(tmpdir(), "chartbell-bench-"));
  await fillRoom(join(folder, "data"), sizes.messages);
  const service = await startService(folder, "rooms: { names: [Busy, Watched] }");
  const rows = await measure(service.url, sizes);
  await service.end("SIGKILL");
  await removeFolder(folder);
  const load = `load ${loadBefore.toFixed(1)} at the start and ${loadNow().toFixed(1)} at the end`;
  console.log(
    tableFrom(
      ["what", "count", "p50 ms", "p99 ms", "a second"],
      rows.map(([what, count, ...others]) => [what, whole(count), ...others]),
    ),
  );
  console.log(`\nThe large room has ${whole(sizes.messages)} messages; ${whole(sizes.watchers)} watchers.`);
  console.log(`\n${machine}, ${load}; Node ${process.versions.node}; ${commitAndDate()}.`);
  return 0;
}

interface Sizes {
  readonly seconds: number;
  readonly messages: number;
  readonly watchers: number;
  readonly events: number;
}

async function measure(url: string, { seconds, messages, watchers, events }: Sizes): Promise<readonly Row[]> {
  const page = `${url}/rooms/Large`;
  const history = `${url}/v2/room/Large/history`;
  const oldest = Math.max(0, messages - 100);
  return [
    await measureNotifications(url, seconds),
    await measureOpening("page of the large room", page),
    await measureOpening("a page from its middle", `${page}?before=${Math.ceil(messages / 2)}`),
    await measureOpening("its history, the newest 75", history),
    await measureOpening("its history, the oldest 100", `${history}?date=2100-01-01&start-index=${oldest}`),
    await measureWatching(url, watchers, events),
  ];
}

/** Written past HTTP, so that the filling takes seconds. */
async function fillRoom(dataDir: string, count: number): Promise<void> {
  await using store = await openStore({ dataDir, url: undefined }, createLog({ level: "warn", pretty: false }));
  const room = await store.rooms.createRoom(newRoom("Large"));
  if (typeof room === "string") throw new Error(`The large room was not made: ${room}.`);
  for (let from = 0; from < count; from += fillBatch) {
    const batch = Array.from({ length: Math.min(fillBatch, count - from) }, async (_, index) => {
      const text = `[OPEN] <b>cpu_busy_high</b> for web${from + index}. <a href="https://example.com/${index}">Rule</a>`;
      const sent = { kind: "notification", sender: { id: 1, name: "bench" }, label: "ATSD BOT", text } as const;
      await store.rooms.append(room, { ...sent, format: "html", color: "red", notify: false });
    });
    await Promise.all(batch);
  }
}

async function measureNotifications(url: string, seconds: number): Promise<Row> {
  const options = ["--url", url, "--seconds", String(seconds), "--connections", String(connections), "--room", "Busy"];
  const { stdout } = await promisify(execFile)(process.execPath, [sender, ...options], {
    maxBuffer: 64 * 1024 * 1024,
  });
  const { seconds: took, times }: { seconds: number; times: number[] } = JSON.parse(stdout);
  return rowOf("notifications, each on disk at its 204", times, whole(times.length / took));
}

async function measureOpening(what: string, address: string): Promise<Row> {
  const times: number[] = [];
  for (let count = 0; count < openings; count++) {
    const startMs = performance.now();
    const answer = await fetch(address);
    await answer.arrayBuffer();
    if (answer.status !== 200) throw new Error(`${address} answered ${answer.status}.`);
    times.push(performance.now() - startMs);
  }
  return rowOf(what, times, "");
}

/** From before a message is posted until every one of the watchers has it. */
async function measureWatching(url: string, watchers: number, events: number): Promise<Row> {
  const seen = new Map<string, number>();
  const arrivedMs = new Map<string, number>();
  const leaving = new AbortController();
  let ready = 0;
  const watch = async (): Promise<void> => {
    const answer = await fetch(`${url}/rooms/Watched/events?after=0`, { signal: leaving.signal });
    if (answer.body === null) throw new Error("The events have no body.");
    ready += 1;
    for await (const line of createInterface({ input: Readable.fromWeb(answer.body) })) {
      const [name] = /watched-\d+-/u.exec(line) ?? [];
      if (name === undefined) continue;
      const count = (seen.get(name) ?? 0) + 1;
      seen.set(name, count);
      if (count === watchers) arrivedMs.set(name, performance.now());
    }
  };
  const watching = Array.from({ length: watchers }, async () => await watch().catch(() => undefined));
  await until("all watch", async () => ready === watchers);
  const times: number[] = [];
  const startMs = performance.now();
  for (let number = 0; number < events; number++) {
    const name = `watched-${number}-`;
    const sentMs = performance.now();
    await fetch(`${url}/v2/room/Watched/notification`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ message: name }),
    });
    void until(`all have seen ${name}`, async () => arrivedMs.has(name), 60_000).then(() =>
      times.push((arrivedMs.get(name) ?? 0) - sentMs),
    );
    await wait(betweenMs, forever);
  }
  await until("every watcher has seen every message", async () => times.length === events, 120_000);
  const rate = whole((events * watchers) / ((performance.now() - startMs) / 1000));
  leaving.abort();
  await Promise.all(watching);
  if ([...seen.values()].some((count) => count !== watchers)) throw new Error("A watcher saw a message twice.");
  return rowOf("message → all of the watchers", times, rate);
}

function rowOf(what: string, times: readonly number[], rate: string): Row {
  return [what, times.length, whole(quantile(times, 0.5)), whole(quantile(times, 0.99)), rate];
}

process.exitCode = await main();
