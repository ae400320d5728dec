import { createHash } from "node:crypto";
import { watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { wait } from "../core/wait.ts";

/** Editors write a file in several steps, and some put another one in its place. */
const quietMs = 200;

/**
 * Calls `changed` when the content of a file is another one. The folder is watched, so that a file that is replaced (by an
 * editor, by a link that points elsewhere) is followed. What is read while somebody writes is looked at once more.
 */
export function watchFile(file: string, changed: () => void): Disposable {
  const stopped = new AbortController();
  const { signal } = stopped;
  let isLooking = false;
  let isTold = false;
  let known: Promise<string> = contentOf(file);
  const look = async (): Promise<void> => {
    isTold = true;
    if (isLooking) return;
    isLooking = true;
    while (isTold && !signal.aborted) {
      isTold = false;
      await wait(quietMs, signal).catch(() => undefined);
      const before = await known;
      known = contentOf(file);
      if ((await known) !== before && !signal.aborted) changed();
    }
    isLooking = false;
  };
  const watcher = watch(dirname(file), () => void look());
  // A folder that is taken away is no reason to end.
  watcher.on("error", () => watcher.close());
  return {
    [Symbol.dispose]() {
      stopped.abort();
      watcher.close();
    },
  };
}

async function contentOf(file: string): Promise<string> {
  const content = await readFile(file).catch(() => "");
  return createHash("sha256").update(content).digest("hex");
}
