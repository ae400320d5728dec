import { z } from "zod";

/** Lengths of time and amounts of data as people write them in a configuration; the program asks for the number. */

const msPerUnit = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const bytesPerUnit = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 } as const;

/** `90s`, `10m`, `12h`, `30d`. */
export const Duration = z
  .string()
  .regex(/^[1-9]\d{0,5}[smhd]$/u, "must be a whole number with a unit: 90s, 10m, 12h or 30d")
  .brand<"Duration">();
export type Duration = z.infer<typeof Duration>;

/** `500MiB`, `2GiB`. */
export const Size = z
  .string()
  .regex(/^[1-9]\d{0,5}[KMGT]iB$/u, "must be a whole number with a unit: 64KiB, 500MiB, 2GiB or 1TiB")
  .brand<"Size">();
export type Size = z.infer<typeof Size>;

export function durationMs(duration: Duration): number {
  return quantity(duration, msPerUnit);
}

export function sizeBytes(size: Size): number {
  return quantity(size, bytesPerUnit);
}

function quantity(text: string, units: Readonly<Record<string, number>>): number {
  const { number, unit = "" } = /^(?<number>\d+)(?<unit>[A-Za-z]+)$/u.exec(text)?.groups ?? {};
  return Number(number) * (units[unit] ?? Number.NaN);
}
