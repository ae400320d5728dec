import type { Clock } from "../core/clock.ts";
import { systemClock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { RoomStore } from "../core/room-store.ts";
import type { Secret } from "../core/secret.ts";
import { releaseBacklogs } from "./backlogs.ts";
import { isAway, openDatabase } from "./database.ts";
import type { DatabaseAddress } from "./database.ts";
import { createDurableStore } from "./durable.ts";
import type { DurableStore } from "./durable.ts";
import { startHousekeeping } from "./housekeeping.ts";
import type { Housekeeping } from "./housekeeping.ts";
import { migrate } from "./migrate.ts";
import { Retention } from "./options.ts";
import type { PicturesOptions } from "./options.ts";
import { picturesFolder, pictureStorages } from "./pictures/open.ts";
import { createPictures } from "./pictures/pictures.ts";
import { openPrivateServer } from "./postgres/private-server.ts";
import { openQueue } from "./queue.ts";
import { openRoomStore } from "./rooms/open.ts";

export interface StoreOptions {
  /** Absolute path; holds the private database, and the pictures that are kept as files. */
  readonly dataDir: string;
  /** Address of a PostgreSQL server, with the password in it. */
  readonly url: Secret | undefined;
  /** Default: files beside the private database, in the database of `url`. */
  readonly pictures?: PicturesOptions | undefined;
  readonly retention?: Retention;
}

export interface OpenStore extends DurableStore {
  readonly rooms: RoomStore;
  readonly housekeeping: Pick<Housekeeping, "round">;
}

/**
 * The durable store: on the server of `url`, or on a private PostgreSQL in `dataDir`. Throws AppErrors of kind setup or
 * config when there is no usable database.
 */
export async function openStore(options: StoreOptions, log: Logger, clock: Clock = systemClock): Promise<OpenStore> {
  const { dataDir, url, retention = Retention.parse({}) } = options;
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
    const where = options.pictures ?? (url === undefined ? "files" : "database");
    const storages = pictureStorages(where, dataDir, database.query, clock, log);
    const pictures = use(createPictures(storages));
    const deps = { database, storages: storages.storages, picturesFolder: picturesFolder(dataDir), clock, log };
    const housekeeping = use(startHousekeeping(retention, deps));
    const store = use(createDurableStore(database, queue, pictures, log));
    const rooms = use(await openRoomStore(database, !queue.isExclusive, clock));
    return { ...store, rooms, housekeeping, [Symbol.asyncDispose]: stop };
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
