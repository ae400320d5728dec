import { join } from "node:path";
import type { Clock } from "../../core/clock.ts";
import type { Logger } from "../../core/log.ts";
import type { Query } from "../database.ts";
import type { PicturesOptions } from "../options.ts";
import { createBlobStorage } from "./blobs.ts";
import type { StorageName } from "./contract.ts";
import { createFileStorage } from "./files.ts";
import type { PicturesDeps } from "./pictures.ts";
import { createS3Storage } from "./s3.ts";

/** The folder of the pictures that are kept as files. */
export function picturesFolder(dataDir: string): string {
  return join(dataDir, "pictures");
}

/** The storages that a configuration names; nothing is opened or made before the first picture. */
export function pictureStorages(
  options: PicturesOptions,
  dataDir: string,
  query: Query,
  clock: Clock,
  log: Logger,
): PicturesDeps {
  const always = { files: createFileStorage(picturesFolder(dataDir)), database: createBlobStorage(query) };
  if (typeof options === "string") {
    const writeTo = { name: options, storage: always[options] };
    return { query, storages: always, writeTo, clock, log };
  }
  const s3 = createS3Storage(options.s3);
  const name: StorageName = "s3";
  return { query, storages: { ...always, s3 }, writeTo: { name, storage: s3 }, clock, log };
}
