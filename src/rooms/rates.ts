import type { Clock } from "../core/clock.ts";
import { limits } from "../core/limits.ts";
import { Fault } from "./answer.ts";

const callsWindowMs = 5 * 60 * 1000;
const sendsWindowMs = 60 * 1000;
/** Beyond this many windows those that are over are forgotten. */
const windowsMax = 2000;

/** The rate limits as one request meets them. */
export interface Meter {
  /** Counts a call of this token; throws 429 when its five minutes are used up. */
  call(token: string): void;
  /** Counts a message to this room or person; throws 429 when its minute is used up. */
  send(target: string): void;
  /** HipChat's six headers: what is allowed, what is left, and when it is allowed again (Unix seconds). */
  headers(): Readonly<Record<string, string>>;
}

export interface Rates {
  meter(): Meter;
}

interface Window {
  startedAtMs: number;
  used: number;
}

/**
 * HipChat's limits: 500 calls in 5 minutes per token, 30 messages a minute per room or person. When they are not enforced
 * nothing is counted and the headers tell of a full allowance, because clients stop at `Remaining: 0`.
 */
export function createRates(clock: Clock, isEnforced: boolean): Rates {
  const calls = createWindows(clock, callsWindowMs, limits.roomTokenCallsPerFiveMinutesMax, isEnforced);
  const sends = createWindows(clock, sendsWindowMs, limits.roomSendsPerMinuteMax, isEnforced);
  return {
    meter() {
      let callsState = calls.unused();
      let sendsState = sends.unused();
      return {
        call(token) {
          callsState = calls.spend(token);
          if (!callsState.isAllowed) throw limited();
        },
        send(target) {
          sendsState = sends.spend(target);
          if (!sendsState.isAllowed) throw limited();
        },
        headers: () => ({
          ...headersOf("X-Ratelimit", limits.roomTokenCallsPerFiveMinutesMax, callsState),
          ...headersOf("X-FloodControl", limits.roomSendsPerMinuteMax, sendsState),
        }),
      };
    },
  };
}

interface WindowState {
  readonly isAllowed: boolean;
  readonly remaining: number;
  readonly resetSeconds: number;
}

function createWindows(clock: Clock, windowMs: number, usesMax: number, isEnforced: boolean) {
  const windows = new Map<string, Window>();
  const stateOf = (startedAtMs: number, used: number): WindowState => ({
    isAllowed: used <= usesMax,
    remaining: Math.max(0, usesMax - used),
    resetSeconds: Math.ceil((startedAtMs + windowMs) / 1000),
  });
  const unused = (): WindowState => stateOf(clock.now().getTime(), 0);
  // A clock that was set back begins a new window, so that nobody waits for the old time to come again.
  const isOver = ({ startedAtMs }: Window, nowMs: number): boolean =>
    nowMs >= startedAtMs + windowMs || nowMs < startedAtMs;
  const open = (key: string, nowMs: number): Window => {
    if (windows.size >= windowsMax) {
      for (const [other, window] of windows) if (isOver(window, nowMs)) windows.delete(other);
    }
    const window = { startedAtMs: nowMs, used: 0 };
    windows.set(key, window);
    return window;
  };
  return {
    unused,
    spend(key: string): WindowState {
      if (!isEnforced) return unused();
      const nowMs = clock.now().getTime();
      const known = windows.get(key);
      const window = known === undefined || isOver(known, nowMs) ? open(key, nowMs) : known;
      window.used += 1;
      return stateOf(window.startedAtMs, window.used);
    },
  };
}

function headersOf(name: string, usesMax: number, state: WindowState): Readonly<Record<string, string>> {
  return {
    [`${name}-Limit`]: String(usesMax),
    [`${name}-Remaining`]: String(state.remaining),
    [`${name}-Reset`]: String(state.resetSeconds),
  };
}

function limited(): Fault {
  return new Fault(429, "Rate Limit exceeded");
}
