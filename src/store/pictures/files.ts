import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { AppError, systemCodeOf } from "../../core/errors.ts";
import type { PictureStorage } from "./contract.ts";

const folderName = /^[\da-f]{2}$/u;
const fileName = /^[\da-f]{62}$/u;

/** Pictures as files `ab/cdef…` below a folder; folders of mode 0700, files of mode 0600. */
export function createFileStorage(folder: string): PictureStorage {
  return {
    async write(sha256, bytes) {
      try {
        await writeWhole(homeOf(folder, sha256), sha256.slice(2), bytes);
      } catch (cause) {
        const reason = systemCodeOf(cause) ?? "unknown reason";
        throw new AppError("pictures_unwritable", `A picture could not be written to ${folder} (${reason}).`, {
          cause,
        });
      }
    },
    async read(sha256) {
      try {
        return await readFile(pathOf(folder, sha256));
      } catch (error) {
        if (systemCodeOf(error) === "ENOENT") return undefined;
        throw error;
      }
    },
    remove: async (sha256) => await rm(pathOf(folder, sha256), { force: true }),
  };
}

function homeOf(folder: string, sha256: string): string {
  return join(folder, sha256.slice(0, 2));
}

function pathOf(folder: string, sha256: string): string {
  return join(homeOf(folder, sha256), sha256.slice(2));
}

/** Under another name first, on disk before it gets its own: a kill or a power cut leaves no half picture under a hash. */
async function writeWhole(home: string, name: string, bytes: Buffer): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const partial = join(home, `${randomUUID()}.part`);
  try {
    await using file = await open(partial, "wx", 0o600);
    await file.writeFile(bytes);
    await file.sync();
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  await rename(partial, join(home, name));
  await using folder = await open(home, "r");
  await folder.sync();
}

/**
 * Deletes files that were last written before `before` and that `known` does not name: what a kill left half written, and
 * pictures whose row is gone. Returns how many.
 */
export async function sweepFiles(
  folder: string,
  before: Date,
  known: (sha256s: readonly string[]) => Promise<ReadonlySet<string>>,
): Promise<number> {
  let deleted = 0;
  for (const prefix of (await namesIn(folder)).filter((name) => folderName.test(name))) {
    const home = join(folder, prefix);
    const names = await namesIn(home);
    const ofPictures = names.filter((name) => fileName.test(name)).map((name) => prefix + name);
    const kept = ofPictures.length === 0 ? new Set<string>() : await known(ofPictures);
    for (const name of names.filter((one) => !kept.has(prefix + one))) {
      const found = await stat(join(home, name)).catch(() => undefined);
      if (found === undefined || found.mtime >= before) continue;
      await rm(join(home, name), { force: true });
      deleted++;
    }
  }
  return deleted;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return [];
    throw error;
  }
}
