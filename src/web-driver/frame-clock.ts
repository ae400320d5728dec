import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { Lane } from "../core/lane.ts";
import { race, wait, within } from "../core/wait.ts";

/*
 * A page's clock and its frames in one hand. Time stands still between steps; a step lets some of it pass as fast as the
 * processor allows (timers, Date, animation clocks), and one frame is drawn at its end, of which the compositor says whether
 * it changed anything. Chromium's CDP: Emulation.setVirtualTimePolicy and HeadlessExperimental.beginFrame; the second needs
 * the headless shell, started with begin-frame control.
 */

/** What is used of a CDP session. */
export interface Wire {
  send(method: string, params?: object): Promise<Readonly<Record<string, unknown>>>;
  on(event: string, listener: (payload: Readonly<Record<string, unknown>>) => void): void;
}

/**
 * The compositor waits for something that our frames do not bring, as with a canvas that a worker draws on. Such a page has
 * to be photographed by a browser that draws by itself.
 */
export class FramesStuck extends Error {
  override readonly name = "FramesStuck";
}

export type GoesOn = (heldMs: number) => boolean;

export interface FrameClock {
  /** Page time that has passed since the clock was taken, milliseconds. */
  readonly elapsedMs: number;
  /** How far the page's time is behind what it should be, milliseconds; negative when it is ahead. */
  behindMs(): number;
  /** Stops the page's time; it passes in steps from now on. */
  hold(signal: AbortSignal): Promise<void>;
  /**
   * Lets `ms` of page time pass and draws a frame; true when pixels changed. While the page's requests are on their way its
   * time stands still, unless `goesOn` says that they are not to be waited for; it is asked every few real milliseconds
   * and told for how many the time has stood still.
   */
  step(ms: number, goesOn: GoesOn, signal: AbortSignal): Promise<boolean>;
  /** Draws up to `frames` frames in which no page time passes; true as soon as one of them changed pixels. */
  beat(frames: number, signal: AbortSignal): Promise<boolean>;
  /** Draws a frame and gives it as a lossless PNG: the whole window, a device pixel for each CSS pixel. */
  photograph(signal: AbortSignal): Promise<Buffer>;
}

/** How often a step that waits for the network asks whether to go on. */
const askMs = 25;
/**
 * A page that moved to another process has lost its step. It is asked for again after so many looks that the page answered at
 * once while its time could pass: a look of a page that is merely busy takes longer.
 */
const idleLooksMax = 3;
/** A frame that takes longer is given up: the page's renderer is busy or gone. */
const frameMsMax = 2000;
const failuresMax = 2;
const captureFrameMs = 1;
/**
 * A page's dates begin this much earlier than now: its time then passes faster than real time, and "until now" must not ask
 * for the future, which some servers refuse.
 */
const startsEarlierMs = 5000;
/** Turns of a page that never yields (setTimeout 0 in a circle), after which time passes all the same. */
const starvedTurns = 10_000;

/** `lane` is the browser's: two pages of one browser that draw side by side hang in the compositor. */
export function createFrameClock(wire: Wire, lane: Lane, clock: Clock): FrameClock {
  let elapsedMs = 0;
  let baseTicks: number | undefined;
  let heldMs: number | undefined;
  let wentOn = false;
  let expired = Promise.withResolvers<void>();
  let hasExpired = false;
  wire.on("Emulation.virtualTimeBudgetExpired", () => {
    hasExpired = true;
    expired.resolve();
  });

  const setPolicy = async (policy: string, budgetMs?: number): Promise<void> => {
    const budget = budgetMs === undefined ? {} : { budget: budgetMs, maxVirtualTimeTaskStarvationCount: starvedTurns };
    const start = heldMs === undefined ? { initialVirtualTime: (clock.now().getTime() - startsEarlierMs) / 1000 } : {};
    heldMs ??= clock.monotonicMs();
    const answer = await wire.send("Emulation.setVirtualTimePolicy", { policy, ...budget, ...start });
    baseTicks ??= Number(answer["virtualTimeTicksBase"]);
  };

  const drawFrame = createFrames(wire, lane, () => baseTicks ?? 0);

  const pass = async (ms: number, goesOn: GoesOn, signal: AbortSignal): Promise<void> => {
    expired = Promise.withResolvers<void>();
    hasExpired = false;
    // What held the last step up most likely holds this one up, too.
    let isGoingOn = wentOn && goesOn(0);
    let idleLooks = 0;
    await race(setPolicy(isGoingOn ? "advance" : "pauseIfNetworkFetchesPending", ms), signal);
    for (let waitedMs = askMs; ; waitedMs += askMs) {
      const over = await Promise.race([expired.promise.then(() => true), wait(askMs, signal).then(() => false)]);
      wentOn = isGoingOn;
      if (over) return;
      if (isGoingOn) {
        idleLooks = (await isIdle(wire, clock, signal)) ? idleLooks + 1 : 0;
        if (idleLooks <= idleLooksMax) continue;
        idleLooks = 0;
        await race(setPolicy("advance", ms), signal);
      } else if (goesOn(waitedMs)) {
        // Every budget's end is told, also of one that was followed by another: the steps after it would end too early. And
        // without a budget that is still to end, time would run on and on: whether there is one is sure only while it stands.
        await race(setPolicy("pause"), signal);
        if (hasExpired) return;
        isGoingOn = true;
        await race(setPolicy("advance"), signal);
      }
    }
  };

  return {
    get elapsedMs() {
      return elapsedMs;
    },
    behindMs: () => (heldMs === undefined ? 0 : clock.monotonicMs() - heldMs - elapsedMs),
    hold: async (signal) => await race(setPolicy("pause"), signal),
    async step(ms, goesOn, signal) {
      await pass(ms, goesOn, signal);
      elapsedMs += ms;
      return (await drawFrame(ms, signal)).hasDamage;
    },
    async beat(count, signal) {
      for (let drawn = 0; drawn < count; drawn += 1) {
        if ((await drawFrame(captureFrameMs, signal)).hasDamage) return true;
      }
      return false;
    },
    async photograph(signal) {
      for (;;) {
        const { picture } = await drawFrame(captureFrameMs, signal, { format: "png", optimizeForSpeed: true });
        if (picture !== undefined) return picture;
      }
    },
  };
}

/** Whether the page's main thread is free, so that its time passes if it may. */
async function isIdle(wire: Wire, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const beganMs = clock.monotonicMs();
  await race(wire.send("Runtime.evaluate", { expression: "0" }), signal);
  return clock.monotonicMs() - beganMs < askMs;
}

interface Drawn {
  readonly hasDamage: boolean;
  /** When a screenshot was asked for and taken. */
  readonly picture: Buffer | undefined;
}

/**
 * Draws one frame and says whether pixels changed. Frame times may never go back, not even over a navigation: a page whose times
 * start over hangs for ever.
 */
function createFrames(
  wire: Wire,
  lane: Lane,
  baseTicks: () => number,
): (intervalMs: number, signal: AbortSignal, screenshot?: object) => Promise<Drawn> {
  /** Time of the last frame; captures draw frames in which no page time passes. */
  let frameMs = 0;
  let failures = 0;
  let pending: Promise<unknown> = Promise.resolve();
  return async (intervalMs, signal, screenshot) =>
    await lane.run(async () => {
      try {
        // The browser takes no frame while one is pending.
        await race(pending, within(frameMsMax, signal));
        frameMs += intervalMs;
        const frameTimeTicks = baseTicks() + frameMs;
        const frame = wire.send("HeadlessExperimental.beginFrame", {
          frameTimeTicks,
          interval: intervalMs,
          ...(screenshot === undefined ? {} : { screenshot }),
        });
        pending = frame.catch(() => undefined);
        const { hasDamage, screenshotData } = await race(frame, within(frameMsMax, signal));
        failures = 0;
        const picture = typeof screenshotData === "string" ? Buffer.from(screenshotData, "base64") : undefined;
        return { hasDamage: hasDamage === true, picture };
      } catch (error) {
        if (signal.aborted || error instanceof AppError) throw error;
        failures += 1;
        if (failures >= failuresMax) throw new FramesStuck("The page's frames do not come.", { cause: error });
        // A frame refused or given up proves nothing; the next one may.
        return { hasDamage: true, picture: undefined };
      }
    });
}
