import { createHash } from "node:crypto";
import { chmod, chown, lstat, mkdir, realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError, systemCodeOf } from "../../core/errors.ts";
import { limits } from "../../core/limits.ts";
import { identityFor } from "./identity.ts";
import type { Identity } from "./identity.ts";

/** The folders of a private PostgreSQL. */
export interface Folders {
  /** Everything of it; mode 0700, owned by its identity. */
  readonly home: string;
  /** PostgreSQL's own data directory, when it is there. */
  readonly data: string;
  /** Its unix socket and the lock; near `home`, or in the temporary folder when the path would be too long. */
  readonly run: string;
  readonly identity: Identity | undefined;
}

/** The longest name in `run`, with room for a process id. */
const longestSocketName = ".s.PGSQL.5432.lock-1234567";

/** Makes the folders. Throws store_folder_unusable. */
export async function makeFolders(dataDir: string, program: string): Promise<Folders> {
  try {
    await mkdir(dataDir, { recursive: true });
    const home = join(await realpath(dataDir), "postgres");
    await mkdir(home, { recursive: true, mode: 0o700 });
    const identity = await identityFor(home, program);
    const run = runFolder(home);
    await mkdir(run, { recursive: true, mode: 0o700 });
    for (const folder of [home, run]) await makePrivate(folder, identity);
    return { home, data: join(home, "data"), run, identity };
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError("store_folder_unusable", `The data folder ${dataDir} cannot be used (${systemCodeOf(cause)}).`, {
      cause,
    });
  }
}

/** The same for every process that opens the same data folder. */
function runFolder(home: string): string {
  const near = join(home, "run");
  if (Buffer.byteLength(join(near, longestSocketName)) <= limits.socketPathBytesMax) return near;
  const hash = createHash("sha256").update(home).digest("hex").slice(0, 16);
  return join(tmpdir(), `chartbell-${hash}`);
}

async function makePrivate(folder: string, identity: Identity | undefined): Promise<void> {
  const found = await lstat(folder);
  const owners = [process.getuid?.(), identity?.uid];
  // In the shared temporary folder somebody else may have been there first.
  if (!found.isDirectory() || !owners.includes(found.uid)) {
    throw new AppError("store_folder_unusable", `${folder} belongs to another user.`);
  }
  if ((found.mode & 0o777) !== 0o700) await chmod(folder, 0o700);
  if (identity !== undefined) await chown(folder, identity.uid, identity.gid);
}
