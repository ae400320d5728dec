import { rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Logger } from "../../core/log.ts";
import { findBinaries } from "./binaries.ts";
import { database, prepareCluster, role } from "./cluster.ts";
import { makeFolders } from "./folders.ts";
import { lockFolder } from "./lock.ts";
import { runServer } from "./server.ts";

/** How to reach the private server. */
export interface PrivateServer extends AsyncDisposable {
  /** Folder of its unix socket. */
  readonly host: string;
  readonly user: string;
  readonly database: string;
}

/**
 * The PostgreSQL that belongs to a data folder: made at the first start, run as a child process, reached over a unix socket
 * only. Throws AppErrors of kind setup; store_in_use when another Chartbell has the folder.
 */
export async function openPrivateServer(dataDir: string, log: Logger): Promise<PrivateServer> {
  const binaries = await findBinaries();
  const folders = await makeFolders(dataDir, binaries.postgres);
  const lock = await lockFolder(folders.run, dataDir);
  try {
    await prepareCluster(binaries, folders);
    const server = await runServer(binaries, folders, log);
    return {
      host: folders.run,
      user: role,
      database,
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]();
        await lock[Symbol.asyncDispose]();
        // Nothing of ours stays in the temporary folder; a next owner's files would keep it there.
        if (dirname(folders.run) !== folders.home) await rmdir(folders.run).catch(() => undefined);
      },
    };
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
}
