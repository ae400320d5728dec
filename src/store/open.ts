import { AppError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Secret } from "../core/secret.ts";
import { releaseBacklogs } from "./backlogs.ts";
import type { Store } from "./contract.ts";
import { isAway, openDatabase } from "./database.ts";
import type { DatabaseAddress } from "./database.ts";
import { createDurableStore } from "./durable.ts";
import { migrate } from "./migrate.ts";
import { openPrivateServer } from "./postgres/private-server.ts";
import { openQueue } from "./queue.ts";

export interface StoreOptions {
  /** Absolute path of the folder of the private database; not touched when `url` is given. */
  readonly dataDir: string;
  /** Address of a PostgreSQL server, with the password in it. */
  readonly url: Secret | undefined;
}

/**
 * The durable store: on the server of `url`, or on a private PostgreSQL in `dataDir`. Throws AppErrors of kind setup or
 * config when there is no usable database.
 */
export async function openStore({ dataDir, url }: StoreOptions, log: Logger): Promise<Store> {
  const parts: AsyncDisposable[] = [];
  const use = <Part extends AsyncDisposable>(part: Part): Part => {
    parts.push(part);
    return part;
  };
  const stop = async (): Promise<void> => {
    for (const part of parts.splice(0).toReversed()) await part[Symbol.asyncDispose]();
  };
  try {
    const address = url === undefined ? use(await openPrivateServer(dataDir, log)) : addressOf(url);
    const database = use(openDatabase(addressOnly(address), log));
    await migrate(database);
    if (url === undefined) await releaseBacklogs(database);
    const queue = use(await openQueue(database, url === undefined, log));
    const store = use(createDurableStore(database, queue, log));
    return { ...store, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw url === undefined ? error : withoutPassword(error);
  }
}

function addressOf(url: Secret): DatabaseAddress {
  const connectionString = url.reveal();
  const { protocol } = URL.parse(connectionString) ?? {};
  if (protocol === "postgres:" || protocol === "postgresql:") return { connectionString };
  throw new AppError("store_url_invalid", "store.url is no address of a PostgreSQL server.");
}

function addressOnly(address: DatabaseAddress): DatabaseAddress {
  if ("connectionString" in address) return address;
  const { host, user, database } = address;
  return { host, user, database };
}

/** What a driver says may hold the address with its password: only the kind of trouble is told. */
function withoutPassword(error: unknown): unknown {
  if (isAway(error)) return new AppError("store_unreachable", "The server of store.url does not answer.");
  if (error instanceof AppError || !(error instanceof Error) || !("code" in error)) return error;
  return new AppError(
    "store_unreachable",
    `The server of store.url refuses Chartbell (SQLSTATE ${String(error.code)}).`,
    {
      hint: "Check user, password and database of store.url; the user must be allowed to create schemas.",
    },
  );
}
