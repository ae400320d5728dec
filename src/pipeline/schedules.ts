import type { AlertInput } from "../core/alert.ts";
import type { Clock } from "../core/clock.ts";
import { lastTimeBetween, timeAfter } from "../core/cron.ts";
import type { Plan } from "../core/delivery.ts";
import { limits } from "../core/limits.ts";
import type { Logger } from "../core/log.ts";
import { describeSchedule, timesOf } from "../core/schedule.ts";
import type { Schedule, ScheduleDescription } from "../core/schedule.ts";
import { wait } from "../core/wait.ts";
import type { Accepted, KnownSchedule, ScheduleMemory } from "../store/contract.ts";
import { unknownName } from "./admit.ts";
import type { Pipeline } from "./pipeline.ts";
import type { LiveSettings } from "./settings.ts";

/*
 * Schedules run at their times. Every process that shares the store computes the times itself and accepts the run under a key
 * made of the schedule and the due time: it is one run, whoever is first, and whoever is killed in between. What came due while
 * no process ran is found at the next start, by the last due time that the store remembers.
 */

export interface SchedulesDeps {
  readonly schedules: readonly Schedule[];
  readonly settings: Pick<LiveSettings, "current">;
  readonly pipeline: Pick<Pipeline, "post">;
  readonly memory: ScheduleMemory;
  /** What a run at a time turns into; `titles`: of the schedule's portals. */
  readonly runOf: (schedule: Schedule, time: Date, titles: readonly string[]) => PlannedRun;
  readonly clock: Clock;
  readonly log: Logger;
}

interface PlannedRun {
  readonly input: AlertInput;
  readonly plans: readonly Plan[];
}

export interface ScheduleState extends ScheduleDescription {
  readonly lastRun: KnownSchedule["lastRun"] | null;
}

export interface Schedules extends AsyncDisposable {
  /** Runs what is enabled at its times, until disposed. */
  start(): void;
  /** In the order of the configuration. */
  list(): Promise<readonly ScheduleState[]>;
  /** Runs one now, enabled or not. Throws schedule_unknown, and what `Pipeline.post` throws. */
  run(name: string): Promise<Accepted>;
}

export function createSchedules(deps: SchedulesDeps): Schedules {
  const { schedules, memory, clock, log } = deps;
  const stopped = new AbortController();
  let knowing: Promise<ReadonlyMap<string, KnownSchedule>> | undefined;
  let running: Promise<void> | undefined;
  const follow = async (): Promise<void> => {
    knowing = knownSchedules(deps, stopped.signal);
    const known = await knowing;
    await Promise.all(
      schedules
        .filter(({ enabled }) => enabled)
        .map(async (schedule) => await keepTimes(schedule, known.get(schedule.name), deps, stopped.signal)),
    );
  };
  return {
    start() {
      running ??= follow().catch((error: unknown) => {
        if (!stopped.signal.aborted) log.error({ err: error }, "The schedules have stopped.");
      });
    },
    async list() {
      const known = await memory.known();
      const now = clock.now();
      return schedules.map((schedule) => ({
        ...describeSchedule(schedule, now),
        lastRun: known.get(schedule.name)?.lastRun ?? null,
      }));
    },
    async run(name) {
      const schedule = schedules.find((one) => one.name === name);
      if (schedule === undefined) {
        throw unknownName(
          "schedule",
          name,
          schedules.map((one) => one.name),
        );
      }
      const at = clock.now();
      const accepted = await post(schedule, at, undefined, deps);
      // Right after the start, the store may not know the schedule yet, and would remember nothing of it.
      await knowing?.catch(() => undefined);
      await memory.ran(name, { dueAt: undefined, at, alertId: accepted.id });
      return accepted;
    },
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await running;
    },
  };
}

/** What the store remembers, once it knows of these schedules; tried again while the store is away. */
async function knownSchedules(
  { schedules, memory, clock, log }: SchedulesDeps,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, KnownSchedule>> {
  const times = new Map(schedules.map((schedule) => [schedule.name, timesOf(schedule)]));
  for (;;) {
    try {
      await memory.know(times, clock.now());
      return await memory.known();
    } catch (error) {
      log.error({ err: error }, "The schedules cannot be read; trying again.");
      await wait(limits.scheduleRetryMs, signal);
    }
  }
}

/**
 * Runs one schedule at each of its times until the signal aborts. Of several times that passed since the last look only the
 * latest is run, and none that is longer ago than `missed` allows.
 */
async function keepTimes(
  schedule: Schedule,
  known: KnownSchedule | undefined,
  deps: SchedulesDeps,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = deps;
  const { name } = schedule;
  let settled = latest(known?.since ?? clock.now(), known?.lastDueAt);
  let hasFailed = false;
  for (;;) {
    const now = clock.now();
    const { from, missed } = makingUp(schedule, settled, now);
    if (missed !== undefined) log.warn({ schedule: name, dueAt: missed }, "A schedule missed its time.");
    settled = from;
    const due = lastTimeBetween(schedule, settled, now);
    try {
      if (due !== undefined) await runDue(schedule, due, deps);
      settled = due ?? settled;
      hasFailed = false;
    } catch (error) {
      if (!hasFailed) log.error({ err: error, schedule: name, dueAt: due }, "A schedule could not run; trying again.");
      hasFailed = true;
    }
    const untilNextMs = timeAfter(schedule, now).getTime() - clock.now().getTime();
    const pauseMs = hasFailed ? limits.scheduleRetryMs : limits.schedulePollMs;
    await wait(Math.max(1, Math.min(untilNextMs, pauseMs)), signal);
  }
}

function latest(one: Date, other: Date | undefined): Date {
  return other !== undefined && other > one ? other : one;
}

/** From when on times are still run, and the first one before that which never will be. */
function makingUp(
  schedule: Schedule,
  settled: Date,
  now: Date,
): { readonly from: Date; readonly missed: Date | undefined } {
  const oldest = new Date(now.getTime() - limits.scheduleLateMsMax[schedule.missed]);
  // After a clock was set back, what it showed before must not hold the schedule up.
  if (settled >= oldest) return { from: settled > now ? now : settled, missed: undefined };
  const first = timeAfter(schedule, settled);
  return { from: oldest, missed: first <= oldest ? first : undefined };
}

async function runDue(schedule: Schedule, dueAt: Date, deps: SchedulesDeps): Promise<void> {
  const { memory, clock, log } = deps;
  const { name } = schedule;
  // The blank keeps it apart from keys that callers choose.
  const { id: alertId, duplicate } = await post(schedule, dueAt, `schedule ${name} ${dueAt.toISOString()}`, deps);
  const at = clock.now();
  await memory.ran(name, { dueAt, at, alertId });
  const facts = { schedule: name, alertId, dueAt, lateMs: at.getTime() - dueAt.getTime() };
  if (duplicate) log.debug(facts, "A schedule had run already.");
  else log.info(facts, "A schedule ran.");
}

async function post(
  schedule: Schedule,
  time: Date,
  idempotencyKey: string | undefined,
  { settings, pipeline, runOf }: SchedulesDeps,
): Promise<Accepted> {
  const titles = schedule.portals.map((name) => settings.current.portals.get(name)?.title ?? name);
  const { input, plans } = runOf(schedule, time, titles);
  return await pipeline.post(input, plans, idempotencyKey);
}
