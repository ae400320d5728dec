import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Case } from "./cases.ts";
import type { Truth } from "./oracle.ts";

/*
 * The oracle's pictures of earlier runs, for `--cached`: looking takes minutes. They are good for the same browser, the same
 * packages and the same pages only; whatever in test/zoo changes makes them unknown.
 */

const zoo = fileURLToPath(new URL(".", import.meta.url));
const folder = fileURLToPath(new URL("../../node_modules/.chartbell/zoo/", import.meta.url));
const lock = fileURLToPath(new URL("../../package-lock.json", import.meta.url));

/** What a picture depends on, beside the case itself. */
const sources = readdirSync(zoo, { recursive: true, encoding: "utf8" })
  .filter(
    (name) =>
      /\.(?:js|css|webm)$/u.test(name) || /(?:behaviours|data|libraries|oracle|page|series|server)\.ts$/u.test(name),
  )
  .toSorted();

/** The pictures of earlier runs, by the names of their cases. */
export function knownTruths(version: string, all: readonly Case[]): readonly (readonly [string, Truth])[] {
  return all.flatMap((one) => {
    try {
      const facts: Omit<Truth, "png"> = JSON.parse(readFileSync(fileOf(version, one, "json"), "utf8"));
      return [[one.name, { ...facts, png: readFileSync(fileOf(version, one, "png")) }] as const];
    } catch {
      return [];
    }
  });
}

export function rememberTruth(version: string, one: Case, { png, ...facts }: Truth): void {
  mkdirSync(placeOf(version), { recursive: true });
  writeFileSync(fileOf(version, one, "png"), png);
  writeFileSync(fileOf(version, one, "json"), JSON.stringify(facts));
}

const places = new Map<string, string>();

function placeOf(version: string): string {
  const known = places.get(version);
  if (known !== undefined) return known;
  const hash = createHash("sha256").update(version).update(readFileSync(lock));
  for (const name of sources) hash.update(name).update(readFileSync(join(zoo, name)));
  const place = join(folder, hash.digest("hex").slice(0, 16));
  places.set(version, place);
  return place;
}

function fileOf(version: string, { name }: Case, extension: "json" | "png"): string {
  return join(placeOf(version), `${name.replaceAll(" ", "-")}.${extension}`);
}
