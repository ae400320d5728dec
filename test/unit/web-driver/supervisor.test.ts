import { expect, test, vi } from "vitest";
import { AppError } from "../../../src/core/errors.ts";
import { Supervisor } from "../../../src/web-driver/supervisor.ts";
import type { Process } from "../../../src/web-driver/supervisor.ts";
import { silent } from "../../support/web-driver.ts";

const never = new AbortController().signal;

interface FakeProcess extends Process {
  readonly number: number;
  readonly events: string[];
  /** It is gone without having been asked to. */
  crash(): void;
}

/** A supervisor over processes that only note what is done to them. */
function setUp({ shotsMax = 100, closes = true, closeMs = 50 } = {}) {
  const started: FakeProcess[] = [];
  const failures: Error[] = [];
  const launch = vi.fn<() => Promise<FakeProcess>>(async () => {
    const failed = failures.shift();
    if (failed !== undefined) throw failed;
    const gone = new AbortController();
    const events: string[] = [];
    const one: FakeProcess = {
      number: started.length,
      events,
      gone: gone.signal,
      async close() {
        events.push("close");
        if (!closes) return new Promise(() => undefined);
        gone.abort();
      },
      kill() {
        events.push("kill");
        gone.abort();
      },
      crash: () => gone.abort(),
    };
    started.push(one);
    return one;
  });
  const crashed = vi.fn<() => void>();
  const supervisor = new Supervisor({ launch, shotsMax, closeMs }, { log: silent, crashed });
  return { supervisor, launch, started, failures, crashed };
}

test("nothing is started before it is needed, and then once for all who wait", async () => {
  const { supervisor, launch } = setUp();
  expect(launch).not.toHaveBeenCalled();
  const leases = await Promise.all([1, 2, 3].map(() => supervisor.lease(never)));
  expect(launch).toHaveBeenCalledTimes(1);
  expect(new Set(leases.map(({ process }) => process)).size).toBe(1);
});

test("a start that fails reaches everyone who waits for it, and the next caller tries again", async () => {
  const { supervisor, launch, failures } = setUp();
  failures.push(new AppError("browser_unstartable", "No."));
  const outcomes = await Promise.allSettled([supervisor.lease(never), supervisor.lease(never)]);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect((await supervisor.lease(never)).process.number).toBe(0);
  expect(launch).toHaveBeenCalledTimes(2);
});

test("an abort ends the wait for a start, not the start", async () => {
  const { supervisor, launch } = setUp();
  const abort = new AbortController();
  const waiting = supervisor.lease(abort.signal);
  abort.abort(new AppError("cancelled", "Gone."));
  await expect(waiting).rejects.toThrow("Gone.");
  await supervisor.lease(never);
  expect(launch).toHaveBeenCalledTimes(1);
});

test("after its share of shots the next is started first, and the old one ends when its last shot has", async () => {
  const { supervisor, started } = setUp({ shotsMax: 2 });
  const first = await supervisor.lease(never);
  const second = await supervisor.lease(never);
  await vi.waitFor(() => expect(started).toHaveLength(2));
  expect(started[0]?.events).toEqual([]);
  const third = await supervisor.lease(never);
  expect(third.process.number).toBe(1);
  first[Symbol.dispose]();
  expect(started[0]?.events).toEqual([]);
  second[Symbol.dispose]();
  expect(started[0]?.events).toEqual(["close"]);
});

test("when the next one cannot be started the old one goes on, and it is tried again", async () => {
  const { supervisor, started, failures } = setUp({ shotsMax: 2 });
  const first = await supervisor.lease(never);
  failures.push(new Error("No."));
  await supervisor.lease(never);
  await vi.waitFor(() => expect(failures).toEqual([]));
  const third = await supervisor.lease(never);
  expect(third.process).toBe(first.process);
  await vi.waitFor(() => expect(started).toHaveLength(2));
  expect((await supervisor.lease(never)).process.number).toBe(1);
});

test("a crash gives the next caller a new process, and the remains of the old one are killed", async () => {
  const { supervisor, started, crashed } = setUp();
  using _first = await supervisor.lease(never);
  expect(crashed).not.toHaveBeenCalled();
  started[0]?.crash();
  expect(crashed).toHaveBeenCalledTimes(1);
  expect(started[0]?.events).toEqual(["kill"]);
  expect((await supervisor.lease(never)).process.number).toBe(1);
});

test("a process that a shot calls stuck gets no further shot and is ended", async () => {
  const { supervisor, started } = setUp();
  const first = await supervisor.lease(never);
  const second = await supervisor.lease(never);
  first.retire();
  first[Symbol.dispose]();
  expect((await supervisor.lease(never)).process.number).toBe(1);
  expect(started[0]?.events).toEqual([]);
  second[Symbol.dispose]();
  expect(started[0]?.events).toEqual(["close"]);
});

test("a process that does not close in time is killed", async () => {
  const { supervisor, started, crashed } = setUp({ closes: false, closeMs: 10 });
  await supervisor.lease(never);
  await supervisor[Symbol.asyncDispose]();
  expect(started[0]?.events).toEqual(["close", "kill"]);
  expect(crashed).not.toHaveBeenCalled();
});

test("after the end nothing is leased, and a start under way is ended too", async () => {
  const { supervisor, started } = setUp();
  const waiting = supervisor.lease(never);
  await supervisor[Symbol.asyncDispose]();
  await expect(waiting).rejects.toMatchObject({ code: "shutting_down" });
  expect(started[0]?.gone.aborted).toBe(true);
  await expect(supervisor.lease(never)).rejects.toMatchObject({ code: "shutting_down" });
  await supervisor[Symbol.asyncDispose]();
});
