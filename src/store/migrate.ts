import { readdirSync, readFileSync } from "node:fs";
import { AppError } from "../core/errors.ts";
import type { Database } from "./database.ts";
import { queueSchema } from "./queue.ts";

const folder = new URL("migrations/", import.meta.url);
const fileName = /^(?<version>\d{3})_\w+\.sql$/u;

/** Any number will do that no other program on the server uses. */
const advisoryLock = 4_771_200_412;

/** The oldest server that everything here works on. */
const serverVersionMin = 140_000;

/**
 * Brings the schema up to this program's version; several processes may do so at the same time. Throws
 * store_version_unknown for a server that is too old and for a schema that a newer Chartbell has written.
 */
export async function migrate(database: Database): Promise<void> {
  const migrations = readdirSync(folder)
    .map((name) => ({ name, version: Number(fileName.exec(name)?.groups?.["version"] ?? 0) }))
    .filter(({ version }) => version > 0)
    .toSorted((a, b) => a.version - b.version);
  const newest = migrations.at(-1)?.version ?? 0;
  await database.transaction(async (query) => {
    await refuseOldServer(query);
    await query("select pg_advisory_xact_lock($1)", [advisoryLock]);
    await query("create schema if not exists chartbell");
    // pg-boss makes it, too, but not so that several processes may do it at the same time.
    await query(`create schema if not exists ${queueSchema}`);
    await query(
      "create table if not exists chartbell.schema_migration (version int primary key, applied_at timestamptz not null default now())",
    );
    const [row] = await query<{ version: number }>(
      "select coalesce(max(version), 0) as version from chartbell.schema_migration",
    );
    const current = row?.version ?? 0;
    if (current > newest) {
      throw new AppError(
        "store_version_unknown",
        `The database has schema ${current}; this Chartbell knows schemas up to ${newest}.`,
        { hint: "Start the newer Chartbell again, or restore a backup from before it." },
      );
    }
    for (const { name, version } of migrations.filter((one) => one.version > current)) {
      await query(readFileSync(new URL(name, folder), "utf8"));
      await query("insert into chartbell.schema_migration (version) values ($1)", [version]);
    }
  });
}

async function refuseOldServer(query: Parameters<Parameters<Database["transaction"]>[0]>[0]): Promise<void> {
  const [row] = await query<{ number: string; name: string }>(
    "select current_setting('server_version_num') as number, current_setting('server_version') as name",
  );
  if (Number(row?.number) >= serverVersionMin) return;
  throw new AppError("store_version_unknown", `The server of store.url is PostgreSQL ${row?.name}.`, {
    hint: "Chartbell needs PostgreSQL 14 or newer; 18 is what it brings itself.",
  });
}
