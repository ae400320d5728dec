import type { Query } from "../database.ts";
import type { PictureStorage } from "./contract.ts";

/** Pictures in the database itself, for machines that share nothing else. */
export function createBlobStorage(query: Query): PictureStorage {
  return {
    async write(sha256, bytes) {
      await query("insert into chartbell.picture_blob (sha256, body) values ($1, $2) on conflict (sha256) do nothing", [
        sha256,
        bytes,
      ]);
    },
    async read(sha256) {
      const [row] = await query<{ body: Buffer }>("select body from chartbell.picture_blob where sha256 = $1", [
        sha256,
      ]);
      return row?.body;
    },
    async remove(sha256) {
      await query("delete from chartbell.picture_blob where sha256 = $1", [sha256]);
    },
  };
}
