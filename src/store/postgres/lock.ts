import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { link, rename, rm } from "node:fs/promises";
import { createConnection, createServer } from "node:net";
import { join } from "node:path";
import { AppError, systemCodeOf } from "../../core/errors.ts";

/*
 * One Chartbell per data folder. The lock is a unix socket that its owner listens on and that tells the owner's process id:
 * a killed owner cannot answer, so its lock is known to be stale without a guess about process ids.
 */

const triesMax = 5;
const answerMs = 2000;

/** Takes the lock of a folder until it is disposed. Throws store_in_use with the owner's process id. */
export async function lockFolder(run: string, dataDir: string): Promise<AsyncDisposable> {
  const path = join(run, "lock");
  const own = `${path}-${process.pid}`;
  await rm(own, { force: true });
  const server = createServer((socket) => socket.on("error", () => undefined).end(String(process.pid)));
  server.listen(own);
  await once(server, "listening");
  server.unref();
  const release = async (): Promise<void> => {
    const closed = once(server, "close");
    server.close();
    await closed;
  };
  try {
    for (let number = 1; number <= triesMax; number++) {
      // A link to a socket that already listens appears at once and never replaces another's.
      const isTaken = await link(own, path).then(
        () => false,
        (error: unknown) => {
          if (systemCodeOf(error) === "EEXIST") return true;
          throw error;
        },
      );
      if (!isTaken) {
        return {
          async [Symbol.asyncDispose]() {
            await rm(path, { force: true });
            await release();
          },
        };
      }
      await removeStale(path, dataDir);
    }
    throw new AppError("store_in_use", `The data folder ${dataDir} is being taken by other processes.`);
  } catch (error) {
    await release();
    throw error;
  }
}

/** Removes the lock of an owner that has died. Moved away first: another process may be doing the same. */
async function removeStale(path: string, dataDir: string): Promise<void> {
  await refuseOwner(path, dataDir);
  const aside = `${path}-${randomUUID().slice(0, 7)}`;
  const isMoved = await rename(path, aside).then(
    () => true,
    () => false,
  );
  if (!isMoved) return;
  try {
    await refuseOwner(aside, dataDir);
  } catch (error) {
    await link(aside, path).catch(() => undefined);
    throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

async function refuseOwner(path: string, dataDir: string): Promise<void> {
  const pid = await ask(path);
  if (pid === undefined) return;
  throw new AppError("store_in_use", `Another Chartbell (process ${pid}) keeps its data in ${dataDir}.`, {
    details: { pid: Number(pid) },
  });
}

/** The process id of the owner, or undefined when nobody answers. */
async function ask(path: string): Promise<string | undefined> {
  const socket = createConnection(path);
  socket.setEncoding("utf8").setTimeout(answerMs, () => socket.destroy(new Error("No answer.")));
  try {
    let pid = "";
    for await (const chunk of socket) pid += String(chunk);
    return pid;
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}
