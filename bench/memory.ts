import { readFile } from "node:fs/promises";
import { descendants } from "../test/support/processes.ts";

/** Memory is read from /proc; elsewhere than on Linux nothing is told of it. */
export const canMeasure = process.platform === "linux";

const sampleMs = 250;

/** Memory of all processes that this one started, each shared page counted once: the sum of their PSS, bytes. */
export async function treeBytes(): Promise<number> {
  if (!canMeasure) return 0;
  const sizes = await Promise.all(descendants().map(({ pid }) => pssOf(pid)));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function pssOf(pid: number): Promise<number> {
  try {
    const [, kilobytes] = /^Pss:\s+(\d+) kB/mu.exec(await readFile(`/proc/${pid}/smaps_rollup`, "utf8")) ?? [];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    // It ended while we looked.
    return 0;
  }
}

interface Sampler extends AsyncDisposable {
  readonly peakBytes: number;
}

/** Watches the processes of this one until it is disposed. */
export function watchMemory(): Sampler {
  let peakBytes = 0;
  let busy: Promise<void> | undefined;
  const sample = async (): Promise<void> => {
    peakBytes = Math.max(peakBytes, await treeBytes());
    busy = undefined;
  };
  const timer = setInterval(() => {
    busy ??= sample();
  }, sampleMs);
  return {
    get peakBytes() {
      return peakBytes;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await busy;
    },
  };
}
