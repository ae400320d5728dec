import type { Alert } from "../core/alert.ts";
import { durationMs } from "../core/quantity.ts";
import type { RepeatPolicy, Route } from "../core/route.ts";
import type { AlertWindow } from "../core/window.ts";

/** What a route says about an alert, by the state of its window. */

export interface Saying {
  readonly text: string | undefined;
  readonly details: boolean;
  readonly picture: boolean;
  /** Milliseconds to wait; it is said only if the window is still open then. */
  readonly delayMs: number;
}

/** Undefined: the route says nothing about this alert. */
export function sayingOf({ open, repeat, cancel }: Route, alert: Alert): Saying | undefined {
  const { status, window } = alert;
  if (!isNews(window)) return undefined;
  const { text, details, picture, send } = { OPEN: open, REPEAT: repeat, CANCEL: cancel }[status];
  const saying = { text, details, picture, delayMs: 0 };
  if (!send) return undefined;
  switch (status) {
    case "OPEN":
      return open.delay === undefined ? saying : { ...saying, delayMs: durationMs(open.delay) };
    case "REPEAT":
      return isDue(repeat.every, alert) ? saying : undefined;
    case "CANCEL":
      return cancel.unopened || endsSomething(window) ? saying : undefined;
  }
}

/** Whether an alert that names its own channels is told to them: a CANCEL only where something was open. */
export function isSaidAnyway({ status, window }: Alert): boolean {
  return isNews(window) && (status !== "CANCEL" || endsSomething(window));
}

function isNews(window: AlertWindow | undefined): boolean {
  return window?.isLate !== true;
}

function endsSomething(window: AlertWindow | undefined): boolean {
  return window === undefined || window.before !== "CANCEL";
}

/**
 * Times are cells of a grid that begins with the window: a REPEAT is said when it is the first one of its cell. So nothing
 * has to be remembered for each route. The first that is heard of a window is always said, except with `none`.
 */
function isDue(every: RepeatPolicy, { acceptedAt, window }: Alert): boolean {
  if (every === "none") return false;
  if (every === "all" || window?.heardAt === undefined) return true;
  if (typeof every === "number") return window.repeats % every === 0;
  const cellMs = durationMs(every);
  const cellOf = (time: Date): number => Math.floor((time.getTime() - window.openedAt.getTime()) / cellMs);
  return cellOf(acceptedAt) > cellOf(window.heardAt);
}
