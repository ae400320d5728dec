import { createHash } from "node:crypto";
import type { Clock } from "../../core/clock.ts";
import type { Logger } from "../../core/log.ts";
import type { MediaType, Picture } from "../../core/picture.ts";
import type { Query } from "../database.ts";
import type { LastGood, LastGoodKey, PictureStorage, PictureStore, StorageName } from "./contract.ts";
import * as sql from "./statements.ts";

/** Every storage that this configuration can reach. Pictures are written to one; those kept elsewhere before are still found. */
export type PictureStorages = Readonly<Partial<Record<StorageName, PictureStorage>>>;

export interface PicturesDeps {
  readonly query: Query;
  readonly storages: PictureStorages;
  /** New pictures go to this storage; it is one of `storages`. */
  readonly writeTo: { readonly name: StorageName; readonly storage: PictureStorage };
  readonly clock: Clock;
  readonly log: Logger;
}

interface PictureRow {
  readonly media_type: MediaType;
  readonly width: number;
  readonly height: number;
  readonly backend: StorageName;
}

/** The picture store; disposing it waits for the pictures that are being written. */
export function createPictures(deps: PicturesDeps): PictureStore & AsyncDisposable {
  const writing = new Map<string, Promise<void>>();
  const underway = new Set<Promise<unknown>>();
  const track = async <Result>(work: Promise<Result>): Promise<Result> => {
    underway.add(work);
    return await work.finally(() => underway.delete(work));
  };
  /** Channels that get the same picture at the same time write it once. */
  const write = async (picture: Picture): Promise<void> => {
    const { hash } = picture;
    const running = writing.get(hash) ?? writeOnce(picture, deps).finally(() => writing.delete(hash));
    writing.set(hash, running);
    await running;
  };
  const putLastGood = async (key: LastGoodKey, { picture, takenAt }: LastGood): Promise<void> => {
    await write(picture);
    await deps.query(sql.putLastGood, [keyOf(key), key.portal, picture.hash, takenAt]);
  };

  return {
    async put(picture) {
      await track(write(picture));
      return { sha256: picture.hash, mediaType: picture.mediaType };
    },
    get: async (sha256) => await read(sha256, deps),
    async noteStep({ deliveryId, position }, shot) {
      await deps.query(sql.noteStep, [deliveryId, position, JSON.stringify(shot), shot.picture?.sha256 ?? null]);
    },
    putLastGood: async (key, good) => await track(putLastGood(key, good)),
    async lastGood(key) {
      const [row] = await deps.query<{ sha256: string; taken_at: Date }>(sql.lastGood, [keyOf(key)]);
      const picture = row === undefined ? undefined : await read(row.sha256, deps);
      return row === undefined || picture === undefined ? undefined : { picture, takenAt: row.taken_at };
    },
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(underway);
    },
  };
}

/** Announced, written, confirmed: what a kill leaves in between is not seen by anybody, and housekeeping removes it. */
async function writeOnce(picture: Picture, { query, storages, writeTo, clock }: PicturesDeps): Promise<void> {
  const { hash, mediaType, bytes, width, height } = picture;
  const values = [hash, mediaType, bytes.length, width, height, writeTo.name, clock.now()];
  const [row] = await query<{ backend: StorageName; is_stored: boolean }>(sql.announcePicture, values);
  if (row?.is_stored === true && storages[row.backend] !== undefined) return;
  await writeTo.storage.write(hash, bytes, mediaType);
  await query(sql.confirmPicture, [hash, writeTo.name, clock.now()]);
}

async function read(sha256: string, { query, storages, log }: PicturesDeps): Promise<Picture | undefined> {
  const [row] = await query<PictureRow>(sql.storedPicture, [sha256]);
  const storage = row === undefined ? undefined : storages[row.backend];
  if (row === undefined || storage === undefined) return undefined;
  const bytes = await storage.read(sha256);
  if (bytes !== undefined && createHash("sha256").update(bytes).digest("hex") === sha256) {
    return { bytes, mediaType: row.media_type, width: row.width, height: row.height, hash: sha256 };
  }
  const what = bytes === undefined ? "is gone" : "is damaged";
  log.warn({ sha256, storage: row.backend }, `A kept picture ${what}; it is forgotten.`);
  await query(sql.retirePicture, [sha256]);
  return undefined;
}

/** Addresses of portals may name people; only a hash is kept. */
function keyOf({ portal, target }: LastGoodKey): string {
  return createHash("sha256").update(`${portal}\n${target}`).digest("hex");
}
