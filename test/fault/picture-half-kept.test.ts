import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { Clock } from "../../src/core/clock.ts";
import { createLog } from "../../src/core/log.ts";
import { openStore } from "../../src/store/open.ts";
import { openTestDatabase } from "../support/database.ts";

/* kill -9 among the bytes, the file's name and the row of a picture: what is there is whole, and what is half goes. */

const program = fileURLToPath(new URL("../support/keep-pictures.ts", import.meta.url));
const log = createLog({ level: "silent", pretty: false });

/** Runs the program until it has kept some pictures, and kills it a little later. */
async function keepAndKill(folder: string, url: string, afterMs: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [program, folder, url], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const kept: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    kept.push(line);
    if (kept.length === 2) setTimeout(() => child.kill("SIGKILL"), afterMs);
  }
  await exited;
  return kept;
}

test("killed at ten moments, every picture that was said to be kept is, and no half one is seen", async () => {
  await using postgres = await openTestDatabase();
  const { folder, database } = postgres;
  const kept: string[] = [];
  for (let round = 0; round < 10; round++) {
    kept.push(...(await keepAndKill(folder, postgres.url.reveal(), Math.random() * 40)));
  }
  let aheadMs = 0;
  const clock: Clock = { now: () => new Date(Date.now() + aheadMs), monotonicMs: () => performance.now() };
  await using store = await openStore({ dataDir: folder, url: postgres.url, pictures: "files" }, log, clock);
  for (const sha256 of kept) expect((await store.pictures.get(sha256))?.bytes).toHaveLength(4_000_000);

  const filesOf = async (): Promise<readonly string[]> =>
    (await readdir(join(folder, "pictures"), { recursive: true })).filter((name) => name.length > 2);
  for (const name of (await filesOf()).filter((one) => !one.endsWith(".part"))) {
    const bytes = await readFile(join(folder, "pictures", name));
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(name.replace("/", ""));
  }
  const rows = await database.query<{ sha256: string; is_stored: boolean }>(
    "select sha256, stored_at is not null as is_stored from chartbell.picture",
    [],
  );
  const halves = rows.filter(({ is_stored }) => !is_stored);
  // A kill may come between two pictures, but hardly ten times.
  expect(halves.length).toBeGreaterThan(0);
  for (const { sha256 } of halves) expect(await store.pictures.get(sha256)).toBeUndefined();
  expect(rows.length - halves.length).toBeGreaterThanOrEqual(kept.length);

  aheadMs = 2 * 3_600_000;
  await store.housekeeping.round();
  expect([await filesOf(), await database.query("select from chartbell.picture", [])]).toEqual([[], []]);
});
