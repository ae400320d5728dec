import { AppError } from "../core/errors.ts";
import type { Clock } from "../core/clock.ts";
import type { Verdict } from "../core/picture.ts";
import type { ShotOptions } from "../core/portal.ts";
import { wait, within } from "../core/wait.ts";
import { fontsLoaded, scrollTo } from "./in-page.ts";
import { createLooker, unreadyOf } from "./look.ts";
import type { Look, Looker } from "./look.ts";
import type { Tab } from "./tab.ts";

/*
 * When a page has finished drawing, in real time, for browsers whose clock and frames are not ours: load event, fonts, nothing
 * on the page that says "wait", no request under way, and two captures a little apart that are the same byte for byte.
 */

/** No request began or ended for this long. */
const networkQuietMs = 1000;
/** Between two captures that are compared: longer than the pauses of a chart's animation. */
const stillnessMs = 200;
const fontsMs = 2000;
/** For the look that names what is missing when time has run out. */
const lastLookMs = 500;

export interface SettledInRealTime {
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

/**
 * Waits until the page is ready, at most `settleMs`; what was not ready by then is named in the verdict. Throws what a look
 * throws (look.ts), and whatever `check` and `capture` throw.
 */
export async function settleInRealTime(
  options: Pick<ShotOptions, "ready" | "crop">,
  settleMs: number,
  deps: SettleDeps,
  signal: AbortSignal,
): Promise<SettledInRealTime> {
  const late = within(settleMs, signal);
  const looker = createLooker(deps.tab, options.ready, options.crop.selector);
  const unready: string[] = [];
  if (!(await inTime((limit) => loaded(deps, limit), late, signal))) unready.push("the page was still loading");
  // A font that never comes must not cost the picture; text is then drawn in the next font of its list.
  const fonts = within(fontsMs, late);
  if (!(await inTime((limit) => deps.tab.evaluate(fontsLoaded, limit), fonts, signal))) {
    unready.push("its web fonts were still loading");
  }
  const watch = new StillWatch(options, looker, deps);
  const isStill = await inTime((limit) => watch.run(limit), late, signal);
  deps.check();
  if (!isStill) {
    const look = await looker.look(within(lastLookMs, signal)).catch((error: unknown) => {
      if (error instanceof AppError || signal.aborted) throw error;
      return undefined;
    });
    unready.push(...watch.lateReasons(look));
  }
  unready.push(...unreadyOf(watch.look));
  return {
    verdict: unready.length === 0 ? { kind: "ready" } : { kind: "partial", unready: [...new Set(unready)] },
    png: isStill ? watch.png : undefined,
  };
}

/** Whether the work came to its end before the limit. The end of the shot, a crash or a failure is thrown. */
async function inTime(
  work: (limit: AbortSignal) => Promise<unknown>,
  limit: AbortSignal,
  signal: AbortSignal,
): Promise<boolean> {
  if (limit.aborted && !signal.aborted) return false;
  try {
    await work(limit);
    return true;
  } catch (error) {
    if (error instanceof AppError || signal.aborted || !limit.aborted) throw error;
    return false;
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

class StillWatch {
  readonly #options: Pick<ShotOptions, "ready" | "crop">;
  readonly #looker: Looker;
  readonly #deps: SettleDeps;
  #isStill = false;
  look: Look | undefined;
  png: Buffer | undefined;

  constructor(options: Pick<ShotOptions, "ready" | "crop">, looker: Looker, deps: SettleDeps) {
    this.#options = options;
    this.#looker = looker;
    this.#deps = deps;
  }

  /** Ends when nothing is missing and the page stands still. */
  async run(late: AbortSignal): Promise<void> {
    let isScrolled = false;
    for (;;) {
      this.#deps.check();
      this.look = await this.#looker.look(late);
      if (this.look?.missing.length === 0) {
        const { selector } = this.#options.crop;
        if (selector !== undefined && !isScrolled) await this.#deps.tab.evaluate(scrollTo(selector), late);
        isScrolled = true;
        if (await this.#standsStill(late)) break;
      }
      await wait(stillnessMs, late);
    }
    const { ready } = this.#options;
    const delayMs = ready === "auto" ? 0 : (ready.delayMs ?? 0);
    if (delayMs === 0) return;
    await wait(delayMs, late);
    this.png = undefined;
  }

  async #standsStill(late: AbortSignal): Promise<boolean> {
    const { tab, clock, capture } = this.#deps;
    const png = await capture(late);
    this.#isStill = this.png?.equals(png) ?? false;
    this.png = png;
    const { inFlight, progressMs } = tab.traffic();
    const isQuiet = inFlight === 0 && clock.monotonicMs() - progressMs >= networkQuietMs;
    // A page that says that it is drawn may move on besides, and go on asking.
    return this.look?.isClaimed === true || (this.#isStill && isQuiet);
  }

  /** Why time ran out, beside what the page itself shows to be missing. */
  lateReasons(last: Look | undefined): readonly string[] {
    this.look = last ?? this.look;
    if (this.look === undefined) return ["the page was on its way to another document"];
    if (this.look.missing.length > 0) return [];
    const { inFlight } = this.#deps.tab.traffic();
    if (inFlight > 0) return [`${inFlight} ${inFlight === 1 ? "request was" : "requests were"} still in flight`];
    if (this.png === undefined) return ["the fixed wait was cut short"];
    return [this.#isStill ? "the page kept sending requests" : "the page was still moving"];
  }
}
