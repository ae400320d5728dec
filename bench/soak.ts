import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { AppError, messageOf } from "../src/core/errors.ts";
import { ShotOptions } from "../src/core/portal.ts";
import { wait } from "../src/core/wait.ts";
import { anonymous } from "../src/web-driver/contract.ts";
import type { WebDriver } from "../src/web-driver/contract.ts";
import { openDriver } from "../test/support/web-driver.ts";
import { cases } from "../test/zoo/cases.ts";
import type { Case } from "../test/zoo/cases.ts";
import { addressOf } from "../test/zoo/oracle.ts";
import { descendants, renderers } from "../test/support/processes.ts";
import { treeBytes } from "./memory.ts";
import { openSite } from "./pages.ts";
import type { Site } from "./pages.ts";

/*
 * Many shots, and what they leave behind: `npm run test:soak -- [--shots 1000]`. Pages of many kinds, two at a time, warm and
 * new pages mixed, one shot in 25 called off half-way. Fails when a process, a temporary folder or an open file outlives
 * the driver, or when this process keeps growing. Linux only.
 */

const concurrency = 2;
const abortEvery = 25;
const abortMs = 250;
const printEvery = 100;
const sampleEvery = 10;
/** Caches fill and code is compiled; growth is told after these, and judged over the second half of a run. */
const warmUpShots = 100;
const growthMegabytesMax = 2;
const warmUpRoundShots = 8;
/** Sockets that are closed on both sides, and processes that were told to end, may take this long to be gone. */
const closingMs = 5000;
const closingLookMs = 100;
const idleMs = 2000;
const megabyte = 1024 * 1024;

/** Kinds of pages that end by themselves within a second or two. */
const behaviours =
  /^(?:plain|gap|chained|polling|dark|pulse|worker|websocket|sse|iframe|images|video|redirect|css-transition|location-replace|status-404|login-redirect|blank)$/u;

interface Sample {
  readonly shots: number;
  readonly pages: number;
  readonly processes: number;
  readonly folders: number;
  readonly files: number;
  readonly browserMegabytes: number;
  readonly ownMegabytes: number;
  readonly heapMegabytes: number;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { shots: { type: "string", default: "1000" } } });
  const shots = Number(values.shots);
  if (!Number.isInteger(shots) || shots < 1 || process.platform !== "linux") {
    console.error("It needs Linux, and a number of shots of at least 1.");
    return 2;
  }
  // A folder of our own, so that whatever is in it at the end is ours.
  const folder = mkdtempSync(join(tmpdir(), "chartbell-soak-"));
  process.env["TMPDIR"] = folder;
  // What is loaded and opened once for all, by Node and native packages, is no leftover.
  await soak(warmUpRoundShots, folder);
  const before = await look(0, folder);
  const { samples, outcomes } = await soak(shots, folder);
  const after = await closingLook(shots, folder, before);
  rmSync(folder, { recursive: true, force: true });
  console.log(`\n${[...outcomes].map(([name, count]) => `${count} ${name}`).join(", ")}`);
  return judge(before, after, samples);
}

async function soak(
  shots: number,
  folder: string,
): Promise<{ readonly samples: readonly Sample[]; readonly outcomes: ReadonlyMap<string, number> }> {
  await using site = await openSite();
  await using driver = openDriver({
    executable: process.env["CHARTBELL_BROWSER"],
    concurrency,
    allow: ["127.0.0.1:*"],
  });
  const samples: Sample[] = [];
  const outcomes = new Map<string, number>();
  const pages = [...cases.filter(({ behaviour }) => behaviours.test(behaviour)), site.portal];
  let begun = 0;
  let ended = 0;
  const work = async (): Promise<void> => {
    while (begun < shots) {
      begun += 1;
      // A step without a common factor with most lengths mixes libraries and kinds.
      const one = pages[(begun * 7) % pages.length] ?? site.portal;
      const outcome = await shootOne(driver, site, one, begun);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      ended += 1;
      if (ended % sampleEvery !== 0 && ended !== shots) continue;
      const sample = await look(ended, folder);
      samples.push(sample);
      if (ended % printEvery === 0) console.log(lineOf(sample));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  // Kept pages give back what they no longer use once they have idled for a second.
  await wait(idleMs, new AbortController().signal);
  const idle = await look(shots, folder);
  console.log(`Idle after the last shot: ${lineOf(idle).trim()}`);
  return { samples, outcomes };
}

/** What became of a shot: `pictures`, `called off` or the code of its error. */
async function shootOne(driver: WebDriver, { zoo }: Site, one: Case, number: number): Promise<string> {
  const url = addressOf(zoo, one, `soak-${number}`);
  // Two warm to one new.
  const reuse = number % 3 === 0 ? undefined : "soak";
  const options = ShotOptions.parse(one.options);
  const isCalledOff = number % abortEvery === 0;
  const signal = isCalledOff ? AbortSignal.timeout(abortMs) : new AbortController().signal;
  const request = { reuse, url, trustUrl: true, options, identity: anonymous, ignoreCertificate: false };
  try {
    await driver.shoot(request, signal);
    return "pictures";
  } catch (error) {
    if (signal.aborted) return "called off";
    const code = error instanceof AppError ? error.code : messageOf(error);
    const isExpected = one.expected.kind === "error" && one.expected.code === code;
    if (!isExpected) console.error(`${one.name}: ${messageOf(error)}`);
    return isExpected ? `expected ${code}` : `unexpected ${code}`;
  }
}

async function look(shots: number, folder: string): Promise<Sample> {
  collectGarbage();
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    shots,
    pages: renderers().length,
    processes: descendants().length,
    folders: readdirSync(folder).length,
    files: openFiles().length,
    browserMegabytes: (await treeBytes()) / megabyte,
    ownMegabytes: rss / megabyte,
    heapMegabytes: (heapUsed + external) / megabyte,
  };
}

/** The look at what is left, taken once nothing is or its time is over. */
async function closingLook(shots: number, folder: string, before: Sample): Promise<Sample> {
  const late = AbortSignal.timeout(closingMs);
  for (;;) {
    const sample = await look(shots, folder);
    if (late.aborted || leftBehind(before, sample).length === 0) return sample;
    await wait(closingLookMs, new AbortController().signal);
  }
}

function leftBehind(before: Sample, after: Sample): readonly { readonly what: string; readonly more: number }[] {
  return (["pages", "processes", "folders", "files"] as const)
    .map((what) => ({ what, more: after[what] - before[what] }))
    .filter(({ more }) => more > 0);
}

/** What this process has open, by name; without the scripts that the bundler of the pages keeps open. */
function openFiles(): readonly string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const name = readlinkSync(`/proc/self/fd/${fd}`);
      return name.endsWith(".js") ? [] : [name];
    } catch {
      // The descriptor of the listing itself.
      return [];
    }
  });
}

setFlagsFromString("--expose-gc");
/** So that memory which is merely not yet freed does not look like growth. */
const collectGarbage: () => void = runInNewContext("gc");

function lineOf(sample: Sample): string {
  const { shots, pages, processes, folders, files, browserMegabytes, ownMegabytes, heapMegabytes } = sample;
  return [
    `${String(shots).padStart(5)} shots: ${pages} pages, ${processes} processes, ${folders} temporary folders, ${files} open files,`,
    `browser ${Math.round(browserMegabytes)} MB, own process ${Math.round(ownMegabytes)} MB, of which in use ${Math.round(heapMegabytes)} MB`,
  ].join(" ");
}

function judge(before: Sample, after: Sample, samples: readonly Sample[]): number {
  const left = leftBehind(before, after);
  for (const { what, more } of left) console.log(`Left behind: ${more} ${what}.`);
  if (left.length === 0) console.log("Nothing was left behind.");
  else console.log(`Open: ${openFiles().join(", ")}.`);
  const late = samples.filter(({ shots }) => shots >= warmUpShots);
  const slope = (value: (sample: Sample) => number): number => slopeOf(late, value);
  const own = slope(({ ownMegabytes }) => ownMegabytes);
  const inUse = slope(({ heapMegabytes }) => heapMegabytes);
  const browser = slope(({ browserMegabytes }) => browserMegabytes);
  if (Number.isNaN(own)) {
    console.log(`Too few shots to tell growth; it is judged after the first ${warmUpShots}.`);
  } else {
    console.log(
      `Growth per 100 shots after the first ${warmUpShots}: own process ${own.toFixed(2)} MB (in use ${inUse.toFixed(2)} MB), browser ${browser.toFixed(2)} MB.`,
    );
  }
  const half = late.filter(({ shots }) => shots >= after.shots / 2);
  const ownLate = slopeOf(half, ({ ownMegabytes }) => ownMegabytes);
  console.log(`Of the own process in the second half: ${ownLate.toFixed(2)} MB.`);
  return left.length > 0 || ownLate > growthMegabytesMax ? 1 : 0;
}

/** Least squares, per 100 shots. */
function slopeOf(samples: readonly Sample[], value: (sample: Sample) => number): number {
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const x = mean(({ shots }) => shots);
  const y = mean(value);
  const rise = samples.reduce((sum, sample) => sum + (sample.shots - x) * (value(sample) - y), 0);
  const run = samples.reduce((sum, { shots }) => sum + (shots - x) ** 2, 0);
  return (100 * rise) / run;
}

process.exitCode = await main();
