import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { limits } from "../../core/limits.ts";
import { wait } from "../../core/wait.ts";

/** How often to look whether a process is gone. */
const lookMs = 20;

/**
 * Ends a server that a killed Chartbell left behind in a data directory, if one still runs there. The caller holds the
 * folder's lock, so nobody else can own it.
 */
export async function endOrphan(data: string): Promise<void> {
  const [first = ""] = (await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "")).split("\n", 1);
  const pid = Number(first);
  if (!Number.isInteger(pid) || pid <= 1) return;
  const { signal } = new AbortController();
  for (const [kind, forMs] of [
    ["SIGINT", limits.databaseStopMs],
    ["SIGKILL", limits.databaseStopMs],
  ] as const) {
    if (!(await isServerOf(pid, data))) return;
    process.kill(pid, kind);
    for (let waitedMs = 0; waitedMs < forMs; waitedMs += lookMs) {
      if (!(await isServerOf(pid, data))) return;
      await wait(lookMs, signal);
    }
  }
}

/** Whether a process is a PostgreSQL on this data directory; process ids are used again, and a dead one's line is empty. */
async function isServerOf(pid: number, data: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const words = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => undefined);
  // Where there is no /proc, PostgreSQL itself decides: it refuses to start beside a living one.
  return words !== undefined && words.split("\0").includes(data);
}
