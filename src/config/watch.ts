import { watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { wait } from "../core/wait.ts";

/** Editors write a file in several steps, and some put another one in its place. */
const quietMs = 200;

/**
 * Calls `changed` when a file holds something else than `text`, and at every change after that. The folder is watched, so
 * that a file that is replaced (by an editor, by a link that points elsewhere) is followed.
 */
export function watchFile(file: string, text: string, changed: () => void): Disposable {
  const stopped = new AbortController();
  const { signal } = stopped;
  let known = text;
  let isLooking = false;
  let isTold = false;
  const look = async (): Promise<void> => {
    isTold = true;
    if (isLooking) return;
    isLooking = true;
    while (isTold && !signal.aborted) {
      isTold = false;
      await wait(quietMs, signal).catch(() => undefined);
      const held = await readFile(file, "utf8").catch(() => "");
      if (held !== known && !signal.aborted) changed();
      known = held;
    }
    isLooking = false;
  };
  const watcher = watch(dirname(file), () => void look());
  // A folder that is taken away is no reason to end.
  watcher.on("error", () => watcher.close());
  // It may have changed since it was read.
  void look();
  return {
    [Symbol.dispose]() {
      stopped.abort();
      watcher.close();
    },
  };
}
