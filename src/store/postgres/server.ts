import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { AppError } from "../../core/errors.ts";
import { limits } from "../../core/limits.ts";
import { backoffMs } from "../../core/backoff.ts";
import type { Logger } from "../../core/log.ts";
import { race, wait } from "../../core/wait.ts";
import type { Binaries } from "./binaries.ts";
import { lastLines, spawnOptions } from "./cluster.ts";
import type { Folders } from "./folders.ts";
import { endOrphan } from "./orphan.ts";

/*
 * The private PostgreSQL as a child process: started until it is ready, started again when it dies, stopped at the end.
 */

/**
 * The shell between us and the server holds our pipe. When Chartbell ends, however it ends, `cat` ends and the server is
 * told to shut down at once (SIGINT is its fast shutdown); when the server ends, the shell ends with its code.
 */
const guard = `exec 3<&0
"$@" 3<&- </dev/null & server=$!
(cat <&3 >/dev/null; kill -INT "$server") 2>/dev/null & watcher=$!
exec 3<&-
wait "$server"; code=$?
kill "$watcher" 2>/dev/null
exit "$code"`;

/** Small: alerts are few and short. The write-ahead log is written and synced as PostgreSQL does by default. */
const settings = [
  "listen_addresses=",
  "unix_socket_permissions=0700",
  "max_connections=60",
  "shared_buffers=32MB",
  "wal_level=minimal",
  "max_wal_senders=0",
  "max_logical_replication_workers=0",
  "max_wal_size=256MB",
  "io_method=sync",
  "jit=off",
  "logging_collector=off",
  "log_timezone=UTC",
];

const readyLine = /database system is ready to accept connections/u;
/** What a server says while the killed one before it is still going. */
const notYet =
  /is still in use|lock file "postmaster\.pid" already exists|the database system is (?:starting|shutting)/u;
const restartBackoff = { baseMs: 100, capMs: 5000 };

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<string>;
}

/** Starts the server and keeps it running until it is disposed. Throws store_unstartable. */
export async function runServer(binaries: Binaries, folders: Folders, log: Logger): Promise<AsyncDisposable> {
  const stopped = new AbortController();
  let running = await start(binaries, folders, log, stopped.signal);
  const supervise = async (): Promise<void> => {
    for (let deaths = 1; ; deaths++) {
      const said = await running.ended;
      if (stopped.signal.aborted) return;
      log.error({ said }, "The database ended; it is started again.");
      if (deaths > 1) await wait(backoffMs(deaths, restartBackoff, Math.random, undefined), stopped.signal);
      const startedMs = performance.now();
      running = await startAgain(binaries, folders, log, stopped.signal);
      if (stopped.signal.aborted) await stop(running);
      log.info({ tookMs: Math.round(performance.now() - startedMs) }, "The database is back.");
    }
  };
  const supervision = supervise().catch((error: unknown) => {
    if (!stopped.signal.aborted) log.fatal({ err: error }, "The database is not supervised any more.");
  });
  return {
    async [Symbol.asyncDispose]() {
      stopped.abort(new AppError("shutting_down", "Chartbell has stopped."));
      await stop(running);
      await supervision;
    },
  };
}

async function startAgain(binaries: Binaries, folders: Folders, log: Logger, signal: AbortSignal): Promise<Running> {
  for (let number = 1; ; number++) {
    try {
      return await start(binaries, folders, log, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      log.error({ err: error }, "The database could not be started; trying again.");
      await wait(backoffMs(number, restartBackoff, Math.random, undefined), signal);
    }
  }
}

/** Starts the server and waits until it is ready; a predecessor that is still going is waited for. */
async function start(binaries: Binaries, folders: Folders, log: Logger, signal: AbortSignal): Promise<Running> {
  const deadlineMs = performance.now() + limits.databaseStartMs;
  for (;;) {
    await endOrphan(folders.data);
    const running = launch(binaries, folders, log);
    const ready = running.ready.then(() => undefined);
    try {
      const said = await race(
        Promise.race([ready, running.ended]),
        AbortSignal.any([signal, AbortSignal.timeout(limits.databaseStartMs)]),
      );
      if (said === undefined) return running;
      if (!notYet.test(said) || performance.now() > deadlineMs) {
        throw new AppError("store_unstartable", `PostgreSQL did not start: ${said}`);
      }
    } catch (error) {
      await stop(running);
      if (error instanceof AppError) throw error;
      throw new AppError("store_unstartable", "PostgreSQL was not ready in time.", { cause: error });
    }
    await wait(50, signal);
  }
}

function launch({ postgres }: Binaries, folders: Folders, log: Logger): Running & { readonly ready: Promise<void> } {
  const options = settings.flatMap((setting) => ["-c", setting]);
  const server = [postgres, "-D", folders.data, "-k", folders.run, ...options];
  const { identity, home } = folders;
  const [program = "", ...args] = [...(identity?.wrapper ?? []), "/bin/sh", "-c", guard, "sh", ...server];
  const child = spawn(program, args, { ...spawnOptions(home, identity), stdio: ["pipe", "ignore", "pipe"] });
  const ready = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<string>();
  let said = "";
  child.stdin?.on("error", () => undefined);
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    said = (said + chunk).slice(-4000);
    log.debug({ said: chunk.trim() }, "The database says.");
    if (readyLine.test(said)) ready.resolve();
  });
  child.on("error", (error) => ended.resolve(`${program}: ${error.message}`));
  child.on("exit", () => {
    child.stdin?.destroy();
    // Its last words may still be in the pipe.
    setImmediate(() => ended.resolve(lastLines(said)));
  });
  return { child, ready: ready.promise, ended: ended.promise };
}

/** Closes the pipe, which shuts the server down; kills it when that takes longer than limits.databaseStopMs. */
async function stop({ child, ended }: Running): Promise<void> {
  child.stdin?.end();
  try {
    await race(ended, AbortSignal.timeout(limits.databaseStopMs));
  } catch {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    await ended;
  }
}
