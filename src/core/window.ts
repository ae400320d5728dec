import type { Alert, AlertStatus, Severity } from "./alert.ts";
import { limits } from "./limits.ts";

/*
 * A window is the life of one alert key: since when it is open, how often it repeated. ATSD's words: before the first alert
 * and after the last one its status is CANCEL.
 */

/** A value that an alert of the window had. */
export interface SeenValue {
  readonly time: Date;
  readonly value: number | string;
}

/** A delivery of an OPEN that waits for its route's delay: it is said only if the window is still open then. */
export interface Delayed {
  readonly deliveryId: string;
  readonly channel: string;
  readonly dueAt: Date;
}

/** A window as it is remembered. */
export interface Window {
  /** Of its last alert; CANCEL: it is closed. */
  readonly status: AlertStatus;
  readonly rule: string;
  readonly entity: string;
  readonly metric: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly severity: Severity;
  /** Since when it is, or was, open, as the source told. */
  readonly openTime: Date;
  /** Whether the source told that time; otherwise it is the time of arrival. */
  readonly isOpenTimeTold: boolean;
  /** When it was over, where the source told that. */
  readonly closeTime?: Date | undefined;
  /** When the alert that opened it was accepted, and its last one. */
  readonly openedAt: Date;
  readonly heardAt: Date;
  readonly repeats: number;
  readonly openValue?: number | string | undefined;
  /** Newest first, at most limits.windowValuesMax. */
  readonly values: readonly SeenValue[];
  readonly delayed: readonly Delayed[];
}

/** What an alert knows of its window: how it was when the alert had come in. */
export interface AlertWindow {
  /** The status before this alert; CANCEL: nothing was open. */
  readonly before: AlertStatus;
  readonly severityBefore?: Severity | undefined;
  readonly openTime: Date;
  readonly openedAt: Date;
  /** When the alert before this one was accepted; undefined: this one opened the window, or none was open. */
  readonly heardAt?: Date | undefined;
  readonly repeats: number;
  readonly openValue?: number | string | undefined;
  /** Of the alerts before this one, newest first. */
  readonly values: readonly SeenValue[];
  /** It tells of something that was over, or had begun anew, before it came: it changed nothing. */
  readonly isLate: boolean;
}

/** What the source said by itself. */
export interface Told {
  /** Undefined: only that it is, not whether it begins or goes on. */
  readonly status: AlertStatus | undefined;
  readonly time: boolean;
}

export interface Entered {
  readonly alert: Alert & { readonly window: AlertWindow };
  readonly window: Window;
}

/**
 * Lets an alert into its window: gives it the status that the source left open, and tells what it changed. A status that
 * the source told is taken as said: an OPEN begins the window anew, a REPEAT opens one that was not known.
 */
export function enterWindow(alert: Alert, told: Told, before: Window | undefined): Entered {
  const isOpen = before !== undefined && before.status !== "CANCEL";
  const status = told.status ?? (isOpen ? "REPEAT" : "OPEN");
  const entering: Alert = { ...alert, status };
  if (before !== undefined && isLate(entering, told, before)) {
    return { alert: { ...entering, window: seenBy(entering, before, true) }, window: before };
  }
  const goesOn = isOpen && status !== "OPEN";
  const seen = seenBy(entering, goesOn ? before : undefined, false);
  const old = before === undefined ? {} : { before: before.status, severityBefore: before.severity };
  const entered = { ...entering, window: { ...seen, ...(isOpen ? old : {}) } };
  const window = goesOn ? continued(entered, told, before) : begun(entered, told, before);
  return { alert: entered, window };
}

/**
 * Whether an alert comes after what ended its trouble, or a CANCEL after what began it anew. Told by the times of the source
 * alone: where it told none, or left the status open, the order of arrival counts.
 */
function isLate({ status, time }: Alert, told: Told, before: Window): boolean {
  if (!told.time || told.status === undefined) return false;
  const isOpen = before.status !== "CANCEL";
  if (status === "CANCEL") return isOpen && before.isOpenTimeTold && time < before.openTime;
  return !isOpen && before.closeTime !== undefined && time < before.closeTime;
}

function seenBy(alert: Alert, before: Window | undefined, late: boolean): AlertWindow {
  if (before === undefined) {
    const { time, acceptedAt, status, value } = alert;
    const repeats = status === "REPEAT" ? 1 : 0;
    return {
      before: "CANCEL",
      openTime: time,
      openedAt: acceptedAt,
      repeats,
      openValue: value,
      values: [],
      isLate: late,
    };
  }
  const { status, openTime, openedAt, heardAt, repeats, openValue, values } = before;
  const count = repeats + (alert.status === "REPEAT" && !late ? 1 : 0);
  return { before: status, openTime, openedAt, heardAt, repeats: count, openValue, values, isLate: late };
}

function begun(alert: Entered["alert"], told: Told, before: Window | undefined): Window {
  const { status, time, acceptedAt, value, window } = alert;
  return {
    ...subjectOf(alert),
    status,
    openTime: time,
    isOpenTimeTold: told.time,
    closeTime: closeTimeOf(alert, told, before?.closeTime),
    openedAt: acceptedAt,
    heardAt: acceptedAt,
    repeats: window.repeats,
    openValue: value,
    values: value === undefined ? [] : [{ time, value }],
    delayed: status === "CANCEL" ? [] : (before?.delayed ?? []),
  };
}

function continued(alert: Entered["alert"], told: Told, before: Window): Window {
  const { status, acceptedAt, value, window } = alert;
  const values = value === undefined ? before.values : [{ time: momentOf(alert), value }, ...before.values];
  return {
    ...before,
    ...subjectOf(alert),
    status,
    closeTime: closeTimeOf(alert, told, undefined),
    heardAt: later(before.heardAt, acceptedAt),
    repeats: window.repeats,
    values: values.slice(0, limits.windowValuesMax),
    delayed: status === "CANCEL" ? [] : before.delayed,
  };
}

function subjectOf({ rule, entity, metric, tags, severity }: Alert) {
  return { rule, entity, metric, tags, severity };
}

/** Never ahead of our own clock: a sender whose clock is wrong must not make all that follows late. */
function closeTimeOf({ status, time, acceptedAt }: Alert, told: Told, before: Date | undefined): Date | undefined {
  if (status !== "CANCEL") return undefined;
  if (!told.time) return before;
  const own = time < acceptedAt ? time : acceptedAt;
  return before === undefined ? own : later(own, before);
}

function later(one: Date, other: Date): Date {
  return one > other ? one : other;
}

/**
 * The moment that an alert speaks of: its own time, or that of its arrival where the source repeats the time at which it
 * all began, as Alertmanager does.
 */
export function momentOf({ time, acceptedAt, window }: Alert): Date {
  if (window?.heardAt === undefined || time > window.openTime) return time;
  return later(acceptedAt, window.openTime);
}

/** How long the trouble lasts, or lasted, milliseconds; 0 for the alert that opens the window and where none is known. */
export function durationOf(alert: Alert): number {
  const { window } = alert;
  return window?.heardAt === undefined ? 0 : Math.max(0, momentOf(alert).getTime() - window.openTime.getTime());
}

/** The time that a chart of the alert is to show: what the alert asks for, or the window and `leadMs` before it. */
export function timeRangeOf(alert: Alert, leadMs: number): { readonly from: Date; readonly to: Date } | undefined {
  const { timeRange, time, acceptedAt, window, once } = alert;
  if (timeRange !== undefined) return { from: new Date(timeRange.from), to: new Date(timeRange.to) };
  if (window === undefined && once !== true) return undefined;
  const begin = window?.openTime ?? time;
  const isOver = alert.status === "CANCEL" && window?.heardAt !== undefined;
  return { from: new Date(begin.getTime() - leadMs), to: isOver ? momentOf(alert) : later(acceptedAt, time) };
}
