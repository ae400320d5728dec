import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import { createLog } from "../../src/core/log.ts";
import { openDatabase } from "../../src/store/database.ts";
import { createFileStorage } from "../../src/store/pictures/files.ts";
import { createPictures } from "../../src/store/pictures/pictures.ts";
import { pictureOf } from "./pictures.ts";

/*
 * A process of its own that keeps one large picture after the other until it is killed, and says each hash once it is kept:
 * `node keep-pictures.ts FOLDER DATABASE_URL`.
 */

const [folder = "", connectionString = ""] = process.argv.slice(2);
const log = createLog({ level: "silent", pretty: false });
const { query } = openDatabase({ connectionString }, log);
const storage = createFileStorage(join(folder, "pictures"));
const writeTo = { name: "files", storage } as const;
const pictures = createPictures({ query, storages: { files: storage }, writeTo, clock: systemClock, log });
for (;;) {
  const { sha256 } = await pictures.put(pictureOf(randomBytes(4_000_000)));
  process.stdout.write(`${sha256}\n`);
}
