import type { Verdict } from "../core/picture.ts";
import { AppError } from "../core/errors.ts";
import type { Clock } from "../core/clock.ts";
import type { Ready, ShotOptions } from "../core/portal.ts";
import { wait, within } from "../core/wait.ts";
import { fontsLoaded, scrollTo, watchExpression, watchVisible } from "./in-page.ts";
import { createLooker } from "./look.ts";
import type { Tab } from "./tab.ts";

/*
 * When a page has finished drawing, in real time: load event, fonts, no request under way, two captures a little apart
 * that are byte for byte the same, and nothing on the page that says "wait". A portal that knows better names a selector, an expression or a delay instead.
 */

/** No request began or ended for this long. */
const networkQuietMs = 1000;
/** Between two captures that are compared: longer than the pauses of a chart's animation. */
const stillnessMs = 200;
const fontsMs = 2000;
/** For how long an expression may throw: what it names may not exist yet. */
const throwingMs = 2000;

export interface Settled {
  readonly verdict: Verdict;
  /** The picture, when finding out took one that is still true. */
  readonly png: Buffer | undefined;
}

interface SettleDeps {
  readonly tab: Tab;
  readonly clock: Clock;
  /** Takes the picture as it is now. */
  readonly capture: (signal: AbortSignal) => Promise<Buffer>;
  /** Throws when the page has become one that is not to be photographed. */
  readonly check: () => void;
}

type Stage = (missing: string, work: (limit: AbortSignal) => Promise<unknown>, limit?: AbortSignal) => Promise<void>;

/**
 * Waits until the page is ready, at most `settleMs`; what was not ready by then is named in the verdict. Throws
 * `expression_failed`, `request_invalid` for a selector that is none, and whatever `check` and `capture` throw.
 */
export async function settleInRealTime(
  options: Pick<ShotOptions, "ready" | "crop">,
  settleMs: number,
  deps: SettleDeps,
  signal: AbortSignal,
): Promise<Settled> {
  const late = within(settleMs, signal);
  const unready: string[] = [];
  const stage: Stage = async (missing, work, limit = late) => {
    if ((await inTime(work, limit, signal)) === "late") unready.push(missing);
  };
  await stage("the page was still loading", (limit) => loaded(deps, limit));
  // A font that never comes must not cost the picture; text is then drawn in the next font of its list.
  await stage(
    "its web fonts were still loading",
    (limit) => deps.tab.evaluate(fontsLoaded, limit),
    within(fontsMs, late),
  );
  if (options.ready !== "auto") await askedFor(options.ready, stage, deps);
  await cropTarget(options.crop.selector, deps, late, signal);
  const png = options.ready === "auto" ? await still(deps, late, signal, unready) : undefined;
  deps.check();
  return { verdict: verdictOf(unready), png };
}

function verdictOf(unready: readonly string[]): Verdict {
  return unready.length === 0 ? { kind: "ready" } : { kind: "partial", unready };
}

/** Whether the work came to its end before the limit. The end of the shot, a crash or a failure is thrown. */
async function inTime(
  work: (limit: AbortSignal) => Promise<unknown>,
  limit: AbortSignal,
  signal: AbortSignal,
): Promise<"done" | "late"> {
  if (limit.aborted && !signal.aborted) return "late";
  try {
    await work(limit);
    return "done";
  } catch (error) {
    if (error instanceof AppError || signal.aborted || !limit.aborted) throw error;
    return "late";
  }
}

/** The load event, or only fonts missing for it: those are waited for apart. */
async function loaded({ tab, clock }: SettleDeps, limit: AbortSignal): Promise<void> {
  const event = new AbortController();
  const load = tab.loaded(limit).finally(() => event.abort());
  load.catch(() => undefined);
  while (!event.signal.aborted) {
    const { inFlight, fonts, progressMs } = tab.traffic();
    const quietMs = clock.monotonicMs() - progressMs;
    if (fonts > 0 && inFlight === 0 && quietMs >= fontsMs / 2) return;
    await wait(100, event.signal).catch(() => undefined);
  }
  await load;
}

async function askedFor(ready: Exclude<Ready, "auto">, stage: Stage, deps: SettleDeps): Promise<void> {
  const { selector, expression, delayMs } = ready;
  if (selector !== undefined) {
    const source = watchVisible(selector);
    await stage(`nothing visible matched "${selector}"`, (limit) => watch(source, "selector", deps, limit));
  }
  if (expression !== undefined) {
    const source = watchExpression(expression);
    await stage("the ready expression was not true", (limit) => watch(source, "expression", deps, limit));
  }
  if (delayMs !== undefined) await stage(`the wait of ${delayMs} ms was cut short`, (limit) => wait(delayMs, limit));
}

/** Asks again until the page's answer is true. */
async function watch(
  source: string,
  kind: "selector" | "expression",
  { tab, clock, check }: SettleDeps,
  signal: AbortSignal,
): Promise<void> {
  let throwingSinceMs: number | undefined;
  for (;;) {
    check();
    const outcome = await tab.evaluate(source, signal);
    if (outcome.kind === "value" && outcome.value === true) return;
    if (outcome.kind !== "exception") throwingSinceMs = undefined;
    else if (kind === "selector") throw new AppError("request_invalid", `No CSS selector: ${outcome.message}`);
    else {
      throwingSinceMs ??= clock.monotonicMs();
      const isFinal = outcome.name === "SyntaxError" || clock.monotonicMs() - throwingSinceMs >= throwingMs;
      if (isFinal) throw new AppError("expression_failed", `The ready expression threw: ${outcome.message}`);
    }
    if (outcome.kind !== "value") await wait(50, signal);
  }
}

/** Waits for the element to be cut out; whether it is there in the end is for the capture to say. */
async function cropTarget(
  selector: string | undefined,
  deps: SettleDeps,
  late: AbortSignal,
  signal: AbortSignal,
): Promise<void> {
  if (selector === undefined) return;
  const found = await inTime((limit) => watch(watchVisible(selector), "selector", deps, limit), late, signal);
  if (found === "done") await deps.tab.evaluate(scrollTo(selector), signal);
}

async function still(
  { tab, clock, capture, check }: SettleDeps,
  late: AbortSignal,
  signal: AbortSignal,
  unready: string[],
): Promise<Buffer | undefined> {
  let previous: Buffer | undefined;
  let isStill = false;
  let missing: readonly string[] = [];
  const looker = createLooker(tab, "auto", undefined);
  const comparison = async (limit: AbortSignal): Promise<void> => {
    for (;;) {
      check();
      const png = await capture(limit);
      isStill = previous?.equals(png) ?? false;
      previous = png;
      const { inFlight, progressMs } = tab.traffic();
      const quietMs = clock.monotonicMs() - progressMs;
      if (isStill && inFlight === 0 && quietMs >= networkQuietMs) {
        // Still is not yet drawn: a page may pause before its first request, its panels empty.
        const look = await looker.look(limit);
        missing = look?.missing ?? ["the page was on its way to another document"];
        if (missing.length === 0) return;
      }
      await wait(stillnessMs, limit);
    }
  };
  if ((await inTime(comparison, late, signal)) === "done") return previous;
  const { inFlight } = tab.traffic();
  if (inFlight > 0) unready.push(`${inFlight} ${inFlight === 1 ? "request was" : "requests were"} still in flight`);
  if (!isStill) unready.push("the page was still moving");
  unready.push(...missing);
  if (isStill && inFlight === 0 && missing.length === 0) unready.push("the page kept sending requests");
  return undefined;
}
