import { messageOf } from "../src/core/errors.ts";
import { differing } from "../test/zoo/compare.ts";
import { addressOf } from "../test/zoo/oracle.ts";
import type { Zoo } from "../test/zoo/server.ts";
import { watchMemory } from "./memory.ts";
import type { Subject } from "./pages.ts";
import { concurrencyMax } from "./tools.ts";
import type { OpenTool, Tool } from "./tools.ts";

export interface Shot {
  readonly name: string;
  /** `right`; how many pixels differ; or why there is no picture. */
  readonly outcome: "right" | "wrong" | "none";
  readonly words: string;
  readonly shotMs: number;
  /** From the last byte of data the page needed; undefined where the server does not know. */
  readonly afterDataMs: number | undefined;
  readonly bytes: number | undefined;
}

export interface Measured {
  readonly tool: Tool;
  readonly shots: readonly Shot[];
  readonly peakBytes: number;
  /** Shots a second of plain pages, by how many were taken side by side. */
  readonly rates: Readonly<Record<number, number>>;
  /** Shots a second of the test portal, as many side by side as are measured. */
  readonly portalRate: number;
}

interface Bench {
  readonly zoo: Zoo;
  readonly subjects: readonly Subject[];
  readonly executable: string;
  /** How long shots side by side are counted. */
  readonly rateMs: number;
  readonly say: (line: string) => void;
}

export const concurrencies = [1, 2, concurrencyMax];

let loads = 0;

/**
 * Every page once, by one tool after the other, so that whatever else the machine does falls on all of them; then each tool
 * alone: plain pages side by side, and its memory.
 */
export async function measureAll(tools: readonly Tool[], bench: Bench): Promise<readonly Measured[]> {
  const shots = await inTurns(tools, bench);
  const measured: Measured[] = [];
  for (const tool of tools) measured.push({ tool, shots: shots.get(tool) ?? [], ...(await alone(tool, bench)) });
  return measured;
}

async function inTurns(
  tools: readonly Tool[],
  { zoo, subjects, executable, say }: Bench,
): Promise<ReadonlyMap<Tool, readonly Shot[]>> {
  await using browsers = new AsyncDisposableStack();
  const entrants: { readonly tool: Tool; readonly open: OpenTool; readonly shots: Shot[] }[] = [];
  for (const tool of tools) entrants.push({ tool, open: browsers.use(await tool.open(executable)), shots: [] });
  // The first page of a browser is slower; nobody's fault, and nobody's time.
  for (const { open } of entrants) await shootUntimed(open, zoo, subjects[0]);
  for (const subject of subjects) {
    for (const { tool, open, shots } of entrants) {
      if (tool.isWarm) await shootUntimed(open, zoo, subject);
      const shot = await takeOne(open, zoo, subject);
      shots.push(shot);
      say(
        `${shots.length}/${subjects.length} ${shot.name}, ${tool.name}: ${shot.words}, ${Math.round(shot.shotMs)} ms`,
      );
    }
  }
  return new Map(entrants.map(({ tool, shots }) => [tool, shots]));
}

async function alone(tool: Tool, bench: Bench): Promise<Omit<Measured, "tool" | "shots">> {
  await using open = await tool.open(bench.executable);
  await shootUntimed(open, bench.zoo, bench.subjects[0]);
  const rates: Record<number, number> = {};
  let peakBytes = 0;
  for (const concurrency of tool.isParallel ? concurrencies : [1]) {
    await using memory = watchMemory();
    rates[concurrency] = await rateOf(open, bench, "plain", concurrency);
    if (concurrency === 1) peakBytes = memory.peakBytes;
    bench.say(`${tool.name}: ${rates[concurrency].toFixed(2)} shots/s, ${concurrency} at a time`);
  }
  const portalRate = await rateOf(open, bench, "portal", tool.isParallel ? concurrencyMax : 1);
  bench.say(`${tool.name}: ${portalRate.toFixed(2)} shots/s of the test portal`);
  return { rates, peakBytes, portalRate };
}

async function shootUntimed(open: OpenTool, zoo: Zoo, subject: Subject | undefined): Promise<void> {
  if (subject !== undefined) await open.shoot(nextAddress(zoo, subject)).catch(() => undefined);
}

async function takeOne(open: OpenTool, zoo: Zoo, { one, truth }: Subject): Promise<Shot> {
  const id = nextId();
  const startMs = performance.now();
  const { png, problem } = await open.shoot(addressOf(zoo, one, id)).then(
    (picture) => ({ png: picture, problem: "" }),
    (error: unknown) => ({ png: undefined, problem: messageOf(error) }),
  );
  const endMs = performance.now();
  const { lastDataMs } = zoo.journal.of(id);
  const times = {
    name: one.name,
    shotMs: endMs - startMs,
    afterDataMs: lastDataMs === undefined ? undefined : endMs - lastDataMs,
  };
  if (png === undefined) {
    return { ...times, outcome: "none", words: problem.split("\n", 1)[0] ?? "", bytes: undefined };
  }
  const { pixels } = await differing(truth.png, png, truth.ignored);
  const outcome = pixels === 0 ? "right" : "wrong";
  return { ...times, outcome, words: pixels === 0 ? "right" : `${pixels} px wrong`, bytes: png.length };
}

async function rateOf(
  open: OpenTool,
  { zoo, subjects, rateMs }: Bench,
  behaviour: string,
  concurrency: number,
): Promise<number> {
  const own = subjects.filter(({ one }) => one.behaviour === behaviour);
  let next = 0;
  const work = async (isOver: () => boolean): Promise<number> => {
    let done = 0;
    while (!isOver()) {
      const subject = own[next % own.length];
      next += 1;
      if (subject === undefined) break;
      const isShot = await open.shoot(nextAddress(zoo, subject)).then(
        () => true,
        () => false,
      );
      if (isShot) done += 1;
    }
    return done;
  };
  const workers = <Result>(one: () => Promise<Result>): Promise<Result[]> =>
    Promise.all(Array.from({ length: concurrency }, one));
  // As many pages as will be needed have been open before.
  let warmUps = concurrency;
  await workers(() =>
    work(() => {
      warmUps -= 1;
      return warmUps < 0;
    }),
  );
  const startMs = performance.now();
  const counts = await workers(() => work(() => performance.now() - startMs >= rateMs));
  return (counts.reduce((sum, count) => sum + count, 0) * 1000) / (performance.now() - startMs);
}

function nextId(): string {
  loads += 1;
  return `bench-${loads}`;
}

function nextAddress(zoo: Zoo, { one }: Subject): string {
  return addressOf(zoo, one, nextId());
}
