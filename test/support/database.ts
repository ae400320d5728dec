import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "../../src/core/log.ts";
import { Secret } from "../../src/core/secret.ts";
import { openDatabase } from "../../src/store/database.ts";
import type { Database } from "../../src/store/database.ts";
import { migrate } from "../../src/store/migrate.ts";
import { openPrivateServer } from "../../src/store/postgres/private-server.ts";

/** A real PostgreSQL with Chartbell's schema, in a folder of its own that goes when it ends. */
export interface TestDatabase extends AsyncDisposable {
  readonly database: Database;
  /** As `store.url` has it. */
  readonly url: Secret;
  readonly folder: string;
}

export async function openTestDatabase(): Promise<TestDatabase> {
  const log = createLog({ level: "silent", pretty: false });
  const folder = await mkdtemp(join(tmpdir(), "chartbell-database-"));
  const { host, user, database: name, ...server } = await openPrivateServer(folder, log);
  const database = openDatabase({ host, user, database: name }, log);
  await migrate(database);
  return {
    database,
    url: new Secret(`postgres:///${name}?host=${encodeURIComponent(host)}&user=${user}`),
    folder,
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
