/*
 * The shape of the test portal's lines: a daily rhythm, noise and an incident. A value depends on the names and the time
 * alone, never on how many points are asked for, so that two charts of the same hour agree.
 */

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** A number in 0..2^32 from a text: FNV-1a. */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return hash >>> 0;
}

/** A number in 0..1 that looks random and is the same for the same seed and position. */
export function chance(seed: number, position: number): number {
  let hash = Math.imul(seed ^ Math.imul(position | 0, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 13), 0x27d4eb2f);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** Rises smoothly from 0 at `from` to 1 at `to`. */
export function rise(position: number, from: number, to: number): number {
  const share = Math.min(1, Math.max(0, (position - from) / (to - from)));
  return share * share * (3 - 2 * share);
}

/** Noise of about -1..1 with slow and fast parts. */
export function noise(seed: number, time: number): number {
  return (
    0.45 * wave(seed, time, 47 * minute) +
    0.3 * wave(seed + 1, time, 11 * minute) +
    0.25 * wave(seed + 2, time, 150 * second) +
    0.35 * wave(seed + 3, time, 31 * second)
  );
}

/** 0 in the small hours, 1 in the early afternoon (UTC), lower at weekends. */
export function dailyShape(seed: number, time: number): number {
  const shift = (chance(seed, 7) - 0.5) * hour;
  const hours = (((time + shift) % day) + day) % day;
  const turn = (2 * Math.PI * (hours - 3.5 * hour)) / day;
  const shape = 0.5 - 0.45 * Math.cos(turn) - 0.08 * Math.cos(2 * turn);
  const weekday = new Date(time).getUTCDay();
  return Math.min(1, Math.max(0, weekday === 0 || weekday === 6 ? 0.65 * shape : shape));
}

function wave(seed: number, time: number, period: number): number {
  const step = Math.floor(time / period);
  const share = rise(time / period - step, 0, 1);
  return 2 * (chance(seed, step) * (1 - share) + chance(seed, step + 1) * share) - 1;
}
