import { spawn } from "node:child_process";
import type { SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "../../core/errors.ts";
import type { Binaries } from "./binaries.ts";
import type { Folders } from "./folders.ts";
import type { Identity } from "./identity.ts";

/** The major version of the npm package; a data directory belongs to one major version for ever. */
const major = "18";

/** The role and the database that Chartbell uses; nobody else can reach the socket. */
export const role = "chartbell";
export const database = "postgres";

/**
 * Makes the data directory unless it is there. Throws store_version_unknown for one of another major version, and
 * store_unstartable when it cannot be made.
 */
export async function prepareCluster(binaries: Binaries, folders: Folders): Promise<void> {
  if (existsSync(folders.data)) {
    await refuseForeign(folders.data);
    return;
  }
  // Made beside and renamed: a process that is killed while it makes one leaves nothing that looks whole.
  const fresh = `${folders.data}.new`;
  await rm(fresh, { recursive: true, force: true });
  const locale = ["--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--lc-messages=C"];
  const access = [`--username=${role}`, "--auth-local=trust", "--auth-host=reject"];
  await run([binaries.initdb, `--pgdata=${fresh}`, ...locale, ...access], folders.home, folders.identity);
  await rename(fresh, folders.data);
  const home = await open(folders.home, "r");
  await home.sync();
  await home.close();
}

async function refuseForeign(data: string): Promise<void> {
  const found = await readFile(join(data, "PG_VERSION"), "utf8").catch(() => undefined);
  if (found === undefined) {
    throw new AppError("store_folder_unusable", `${data} is no data directory of PostgreSQL.`, {
      hint: "Move it away, or choose another folder with --data-dir DIR.",
    });
  }
  if (found.trim() === major) return;
  throw new AppError(
    "store_version_unknown",
    `${data} was written by PostgreSQL ${found.trim()}; this Chartbell brings PostgreSQL ${major}.`,
    { hint: "Start it with the Chartbell that wrote it, or with a server of that version and store.url." },
  );
}

/** How a program of the database is started: as its identity, in a language that can be read, apart from our terminal. */
export function spawnOptions(cwd: string, identity: Identity | undefined): SpawnOptions {
  const change = identity === undefined || identity.wrapper.length > 0 ? {} : { uid: identity.uid, gid: identity.gid };
  return { cwd, env: { PATH: process.env["PATH"], LC_ALL: "C", TZ: "UTC" }, detached: true, ...change };
}

async function run(command: readonly string[], cwd: string, identity: Identity | undefined): Promise<void> {
  const [program = "", ...args] = [...(identity?.wrapper ?? []), ...command];
  const child = spawn(program, args, { ...spawnOptions(cwd, identity), stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
  const [code] = await once(child, "close").catch((error: unknown) => {
    throw new AppError("store_unstartable", `${program} could not be started.`, { cause: error });
  });
  if (code === 0) return;
  throw new AppError("store_unstartable", `PostgreSQL could not make its data directory: ${lastLines(said)}`);
}

/** The end of what a program of the database said, on one line. */
export function lastLines(said: string): string {
  const lines = said.split("\n").filter((line) => line.trim() !== "");
  return lines.length === 0 ? "it said nothing." : lines.slice(-4).join(" · ");
}
