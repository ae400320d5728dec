import type { PictureReference, ShotRecord } from "../../core/delivery.ts";
import type { MediaType, Picture } from "../../core/picture.ts";

/*
 * The pictures that were sent, kept by their content. A caller may rely on this: when `put` resolves, `get` returns the same
 * bytes until retention deletes them; a picture that is not whole is never returned; the same picture is kept once. Every
 * call may throw store_unavailable, pictures_unavailable, pictures_refused or pictures_unwritable: then the picture is sent
 * all the same.
 */

export interface PictureStore {
  put(picture: Picture): Promise<PictureReference>;
  /** Undefined for a picture that was never kept, is forgotten or has been damaged. */
  get(sha256: string): Promise<Picture | undefined>;
  /** Writes down which picture a step is about to send, so that a later handling sends the same one. */
  noteStep(place: StepPlace, shot: ShotRecord): Promise<void>;
  /** Keeps the last good picture of a portal's page; an older one than is known changes nothing. */
  putLastGood(key: LastGoodKey, good: LastGood): Promise<void>;
  lastGood(key: LastGoodKey): Promise<LastGood | undefined>;
}

export interface StepPlace {
  readonly deliveryId: string;
  readonly position: number;
}

export interface LastGoodKey {
  readonly portal: string;
  /** Everything that makes two shots of the portal the same picture. */
  readonly target: string;
}

export interface LastGood {
  readonly picture: Picture;
  readonly takenAt: Date;
}

/** Where the bytes are. What stands under a hash is whole or not there, whatever is killed in between. */
export interface PictureStorage {
  /** Writing the same picture again changes nothing. */
  write(sha256: string, bytes: Buffer, mediaType: MediaType): Promise<void>;
  read(sha256: string): Promise<Buffer | undefined>;
  /** Deleting what is not there is no error. */
  remove(sha256: string): Promise<void>;
}

export type StorageName = "files" | "database" | "s3";
