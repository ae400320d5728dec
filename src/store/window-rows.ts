import type { AlertWindow, SeenValue, Window } from "../core/window.ts";

/** Windows as JSON has them: times are ISO 8601 there. */

export type AsJson<Value> = Value extends Date
  ? string
  : Value extends readonly (infer Item)[]
    ? readonly AsJson<Item>[]
    : Value extends object
      ? { readonly [Key in keyof Value]: AsJson<Value[Key]> }
      : Value;

export function windowOf(json: AsJson<Window>): Window {
  return {
    ...json,
    openTime: new Date(json.openTime),
    closeTime: timeOf(json.closeTime),
    openedAt: new Date(json.openedAt),
    heardAt: new Date(json.heardAt),
    values: json.values.map(seenValueOf),
    delayed: json.delayed.map((one) => ({ ...one, dueAt: new Date(one.dueAt) })),
  };
}

export function alertWindowOf(json: AsJson<AlertWindow>): AlertWindow {
  const { openTime, openedAt, heardAt, values, ...rest } = json;
  return {
    ...rest,
    openTime: new Date(openTime),
    openedAt: new Date(openedAt),
    ...(heardAt === undefined ? {} : { heardAt: new Date(heardAt) }),
    values: values.map(seenValueOf),
  };
}

function seenValueOf({ time, value }: AsJson<SeenValue>): SeenValue {
  return { time: new Date(time), value };
}

/** What is missing in an object is null where the database made the JSON. */
function timeOf(text: string | null | undefined): Date | undefined {
  return text === undefined || text === null ? undefined : new Date(text);
}
