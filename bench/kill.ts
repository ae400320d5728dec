import { parseArgs } from "node:util";
import { wait } from "../src/core/wait.ts";
import { runFault } from "../test/support/fault-run.ts";
import { breaches } from "../test/support/promise.ts";
import type { Judgement } from "../test/support/promise.ts";
import { commitAndDate, loadNow, machine, quantile, tableFrom, whole } from "./figures.ts";
import { runTrial, stages } from "./kill-trial.ts";
import type { Stage, Trial, TrialResult, Victim } from "./kill-trial.ts";

/*
 * What Chartbell promises, while things are killed: `npm run test:kill -- [--trials 200] [--dead SECONDS] [--seed N] [--json]`.
 * Each trial kills the service, its database or its browser once, at a stage's boundary or at any moment, and then holds what
 * was accepted against what stands in the room. `--dead` adds a run with a room that is away for so long. Fails when a promise
 * is broken. Progress goes to standard error, the table (or JSON) to standard output. Linux only.
 */

const stagesOf: Readonly<Record<Victim, readonly Stage[]>> = {
  service: ["accepted", "textSending", "textSaid", "loading", "between", "pictureSending", "pictureSaid", "anytime"],
  database: ["accepted", "textSending", "textSaid", "loading", "between", "pictureSending", "pictureSaid", "anytime"],
  browser: ["loading", "between", "anytime"],
};

/** At most which time a stage is reached is the moment; few enough to be reached in every run. */
const timesMax: Readonly<Record<Stage, number>> = {
  accepted: 30,
  textSending: 15,
  textSaid: 15,
  loading: 4,
  between: 4,
  pictureSending: 3,
  pictureSaid: 3,
  anytime: 3000,
};

interface Done {
  readonly victim: Victim;
  readonly stage: Stage;
  readonly result: TrialResult;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      trials: { type: "string" },
      dead: { type: "string", default: "0" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      json: { type: "boolean", default: false },
    },
  });
  const [seed, deadSeconds] = [Number(values.seed), Number(values.dead)];
  const trials = Number(values.trials ?? (deadSeconds > 0 ? 0 : 200));
  if (![seed, deadSeconds, trials].every((number) => Number.isInteger(number) && number >= 0)) {
    say("--trials, --dead and --seed take whole numbers.");
    return 2;
  }
  if (process.platform !== "linux") {
    say("It needs Linux.");
    return 2;
  }
  const loadBefore = loadNow();
  const done: Done[] = [];
  for (const [index, trial] of planOf(trials, randomFrom(seed)).entries()) {
    const result = await runTrial(trial);
    done.push({ ...trial, result });
    say(lineOf(`${index + 1}/${trials} ${trial.victim}, ${stages[trial.stage]}`, result));
  }
  const dead = deadSeconds > 0 ? await runDead(deadSeconds) : undefined;
  const isKept = [...done.map(({ result }) => result), ...(dead === undefined ? [] : [dead])].every(
    (result) => result.breaches.length === 0,
  );
  const load = `load ${loadBefore.toFixed(1)} at the start and ${loadNow().toFixed(1)} at the end`;
  const where = `${machine}, ${load}; Node ${process.versions.node}; ${commitAndDate()}; seed ${seed}.`;
  console.log(
    values.json ? JSON.stringify({ where, isKept, trials: done, dead }, undefined, 2) : reportOf(done, where),
  );
  return isKept ? 0 : 1;
}

function planOf(count: number, random: () => number): readonly Trial[] {
  const kinds = Object.entries(stagesOf).flatMap(([victim, list]) =>
    list.map((stage) => ({ victim: victim as Victim, stage })),
  );
  return Array.from({ length: count }, (_, index) => {
    const { victim, stage } = kinds[index % kinds.length] ?? { victim: "service", stage: "anytime" };
    return { victim, stage, moment: 1 + Math.floor(random() * timesMax[stage]), random };
  });
}

/** The room's port is closed for so long, under four alerts a second of twenty keys. */
async function runDead(seconds: number): Promise<Judgement & { readonly recoveryMs: number }> {
  say(`A room that is dead for ${seconds} s …`);
  const keys = Array.from({ length: 20 }, (_, index) => `key${index}`);
  const result = await runFault(
    async ({ proxy }) => {
      await proxy.set({ kind: "refuse" });
      await wait(seconds * 1000, new AbortController().signal);
    },
    { keys, pauseMs: 5000 },
  );
  say(lineOf(`dead for ${seconds} s, everything handled ${Math.round(result.recoveryMs / 1000)} s after`, result));
  return result;
}

function lineOf(name: string, result: Judgement & Partial<TrialResult>): string {
  const { accepted, delivered, folded, failed, pictures, unknown, repeated, wasKilled = true, backMs } = result;
  const back = backMs === undefined ? "" : `, back in ${Math.round(backMs)} ms`;
  const facts = `${accepted} accepted, ${delivered} delivered, ${folded} folded, ${failed} neither, ${pictures} pictures, ${unknown} unknown, ${repeated} repeated`;
  const broken = result.breaches.map(({ breach, what }) => `\n  ${breach}: ${what}`);
  return `${name}${wasKilled ? "" : " (never reached)"}${back}: ${facts}${broken.join("")}`;
}

function reportOf(done: readonly Done[], where: string): string {
  const kinds = [...new Set(done.map(({ victim, stage }) => `${victim}: ${stages[stage]}`))].sort();
  const rows = kinds.map((kind) => {
    const own = done.filter(({ victim, stage }) => `${victim}: ${stages[stage]}` === kind);
    return rowOf(kind, own);
  });
  const counted = ["killed", "trials", "kills", "accepted", "delivered", "folded", "pictures", "unknown", "repeated"];
  const heads = [...counted, ...breaches, "back, p50 ms", "p95 ms"];
  return `${tableFrom(heads, [...rows, rowOf("**all**", done)])}\n\n${where}`;
}

function rowOf(name: string, own: readonly Done[]): readonly string[] {
  const results = own.map(({ result }) => result);
  const sum = (of: (result: TrialResult) => number): string => whole(results.reduce((all, one) => all + of(one), 0));
  const times = results.flatMap(({ backMs }) => backMs ?? []);
  return [
    name,
    whole(own.length),
    sum(({ wasKilled }) => (wasKilled ? 1 : 0)),
    sum(({ accepted }) => accepted),
    sum(({ delivered }) => delivered),
    sum(({ folded }) => folded),
    sum(({ pictures }) => pictures),
    sum(({ unknown }) => unknown),
    sum(({ repeated }) => repeated),
    ...breaches.map((which) => sum((result) => result.breaches.filter(({ breach }) => breach === which).length)),
    whole(quantile(times, 0.5)),
    whole(quantile(times, 0.95)),
  ];
}

/** Numbers in [0, 1) that a seed brings back: the plan of a run can be run again, its races cannot. */
function randomFrom(seed: number): () => number {
  let state = seed + 1;
  return () => {
    // Lehmer's generator with the multiplier of Park and Miller (CACM 31, 1988).
    state = (state * 48_271) % 2_147_483_647;
    return (state - 1) / 2_147_483_646;
  };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

process.exitCode = await main();
