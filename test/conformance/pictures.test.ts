import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { createLog } from "../../src/core/log.ts";
import { Secret } from "../../src/core/secret.ts";
import { S3Options } from "../../src/store/options.ts";
import { createBlobStorage } from "../../src/store/pictures/blobs.ts";
import type { PictureStorage, StorageName } from "../../src/store/pictures/contract.ts";
import { createFileStorage } from "../../src/store/pictures/files.ts";
import { createPictures } from "../../src/store/pictures/pictures.ts";
import { createS3Storage, objectUrl } from "../../src/store/pictures/s3.ts";
import { openTestDatabase } from "../support/database.ts";
import type { TestDatabase } from "../support/database.ts";
import { pictureOf } from "../support/pictures.ts";
import { listenS3, s3Error } from "../support/s3-server.ts";
import type { S3Server } from "../support/s3-server.ts";

/* What src/store/pictures/contract.ts promises, of every storage. */

const log = createLog({ level: "silent", pretty: false });
const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
let postgres: TestDatabase;
let s3: S3Server;
beforeAll(async () => {
  postgres = await openTestDatabase();
  s3 = await listenS3({ region: "eu-test-1", bucket: "pictures", ...keys });
});
afterAll(async () => {
  await s3[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

const s3Options = (changes: Partial<S3Options> = {}): S3Options => ({
  ...S3Options.parse({
    endpoint: s3.url,
    region: "eu-test-1",
    bucket: "pictures",
    prefix: "chartbell/",
    accessKeyId: new Secret(keys.accessKeyId),
    secretAccessKey: new Secret(keys.secretAccessKey),
  }),
  ...changes,
});

interface Row {
  readonly open: () => PictureStorage;
  /** Spoils the bytes under a hash. */
  readonly damage: (sha256: string) => Promise<void>;
}

const picturesFolder = (): string => join(postgres.folder, "pictures");
const rows: Readonly<Record<StorageName, Row>> = {
  files: {
    open: () => createFileStorage(picturesFolder()),
    damage: async (sha256) =>
      await writeFile(join(picturesFolder(), sha256.slice(0, 2), sha256.slice(2)), "half a pic"),
  },
  database: {
    open: () => createBlobStorage(postgres.database.query),
    damage: async (sha256) =>
      void (await postgres.database.query("update chartbell.picture_blob set body = 'half a pic' where sha256 = $1", [
        sha256,
      ])),
  },
  s3: {
    open: () => createS3Storage(s3Options()),
    async damage(sha256) {
      for (const name of s3.objects.keys()) {
        if (name.replaceAll("/", "").endsWith(sha256))
          s3.objects.set(name, { body: Buffer.from("half"), mediaType: "" });
      }
    },
  },
};

describe.each(Object.entries(rows))("%s", (name, { open, damage }) => {
  const storageName = name as StorageName;
  const picturesOn = (storage: PictureStorage) =>
    createPictures({
      query: postgres.database.query,
      storages: { [storageName]: storage },
      writeTo: { name: storageName, storage },
      clock: systemClock,
      log,
    });

  test("returns the bytes that were written, whatever they are, and nothing for others", async () => {
    const storage = open();
    const all = [Buffer.alloc(0), Buffer.from("<xml>\0\r\n"), randomBytes(3_000_000)].map(pictureOf);
    for (const { hash, bytes, mediaType } of all) await storage.write(hash, bytes, mediaType);
    for (const { hash, bytes } of all) expect(await storage.read(hash)).toEqual(bytes);
    expect(await storage.read(pictureOf(randomBytes(9)).hash)).toBeUndefined();
  });

  test("writes the same picture twice and at the same time, and removes it twice", async () => {
    const storage = open();
    const { hash, bytes, mediaType } = pictureOf(randomBytes(50_000));
    await Promise.all(Array.from({ length: 5 }, async () => await storage.write(hash, bytes, mediaType)));
    expect(await storage.read(hash)).toEqual(bytes);
    await storage.remove(hash);
    await storage.remove(hash);
    expect(await storage.read(hash)).toBeUndefined();
  });

  test("the store on it gives a picture back with its facts, and writes one picture once", async () => {
    const storage = open();
    let writes = 0;
    const counting: PictureStorage = {
      ...storage,
      async write(...args) {
        writes++;
        await storage.write(...args);
      },
    };
    await using pictures = picturesOn(counting);
    const picture = pictureOf(randomBytes(20_000));
    const reference = { sha256: picture.hash, mediaType: "image/png" };
    expect(await Promise.all([pictures.put(picture), pictures.put(picture)])).toEqual([reference, reference]);
    await pictures.put(picture);
    expect(await pictures.get(picture.hash)).toEqual(picture);
    expect(writes).toBe(1);
    expect(await pictures.get("0".repeat(64))).toBeUndefined();
  });

  test("the store on it never returns a damaged or a lost picture, and takes it anew", async () => {
    const storage = open();
    await using pictures = picturesOn(storage);
    const picture = pictureOf(randomBytes(20_000));
    for (const spoil of [damage, async (sha256: string) => await storage.remove(sha256)]) {
      await pictures.put(picture);
      await spoil(picture.hash);
      expect(await pictures.get(picture.hash)).toBeUndefined();
      if (spoil === damage) await storage.remove(picture.hash);
      await pictures.put(picture);
      expect(await pictures.get(picture.hash)).toEqual(picture);
    }
  });

  test("the store on it remembers the last good picture of each target, the newest one", async () => {
    await using pictures = picturesOn(open());
    const [older, newer] = [pictureOf(randomBytes(100)), pictureOf(randomBytes(100))];
    const key = { portal: "cpu", target: `${name} https://u/?x=1` };
    expect(await pictures.lastGood(key)).toBeUndefined();
    const takenAt = new Date("2026-03-01T12:00:00Z");
    await pictures.putLastGood(key, { picture: newer, takenAt });
    await pictures.putLastGood(key, { picture: older, takenAt: new Date("2026-03-01T11:00:00Z") });
    expect(await pictures.lastGood(key)).toEqual({ picture: newer, takenAt });
    expect(await pictures.lastGood({ ...key, target: "another" })).toBeUndefined();
  });
});

test("files are the owner's alone and nothing half written stays beside them", async () => {
  const storage = createFileStorage(picturesFolder());
  const { hash, bytes, mediaType } = pictureOf(randomBytes(1000));
  await storage.write(hash, bytes, mediaType);
  const home = join(picturesFolder(), hash.slice(0, 2));
  const modes = await Promise.all(
    [picturesFolder(), home, join(home, hash.slice(2))].map(async (path) => await stat(path)),
  );
  expect(modes.map(({ mode }) => mode & 0o777)).toEqual([0o700, 0o700, 0o600]);
  expect((await readdir(picturesFolder(), { recursive: true })).filter((file) => file.endsWith(".part"))).toEqual([]);
});

test("a folder that cannot be written to is told as such", async () => {
  const file = join(postgres.folder, "a-file");
  await writeFile(file, "");
  const { hash, bytes, mediaType } = pictureOf(randomBytes(10));
  await expect(createFileStorage(file).write(hash, bytes, mediaType)).rejects.toMatchObject({
    code: "pictures_unwritable",
    message: expect.stringMatching(/ENOTDIR/u),
  });
});

describe("S3", () => {
  const picture = pictureOf(Buffer.from("a picture"));
  const put = async (changes: Partial<S3Options> = {}): Promise<void> =>
    await createS3Storage(s3Options(changes)).write(picture.hash, picture.bytes, picture.mediaType);

  test("objects are named by prefix and hash, with their media type", async () => {
    await put({ prefix: "a.b/c_d/" });
    const found = s3.objects.get(`a.b/c_d/${picture.hash.slice(0, 2)}/${picture.hash.slice(2)}`);
    expect(found).toEqual({ body: picture.bytes, mediaType: "image/png" });
  });

  test.each([
    ["another secret key", { secretAccessKey: new Secret("other-5ecret") }, /403 SignatureDoesNotMatch/u],
    ["an unknown key", { accessKeyId: new Secret("AKIDOTHER") }, /403 InvalidAccessKeyId/u],
    ["another region", { region: "us-east-1" }, /403 AuthorizationHeaderMalformed/u],
    ["a bucket that is not there", { bucket: "nowhere" }, /404 NoSuchBucket/u],
  ])("%s is refused, in its own words and without the keys", async (_what, changes, message) => {
    const failure: unknown = await put(changes).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "pictures_refused", message: expect.stringMatching(message) });
    expect(String(failure)).not.toMatch(/5ecret|wJalr|AKID/u);
    await expect(createS3Storage(s3Options(changes)).read(picture.hash)).rejects.toMatchObject({
      code: "pictures_refused",
    });
  });

  test.each([
    [500, "InternalError", "pictures_unavailable"],
    [503, "SlowDown", "pictures_unavailable"],
    [429, "TooManyRequests", "pictures_unavailable"],
    [307, "TemporaryRedirect", "pictures_refused"],
  ])("%i %s is an error of each call", async (status, code, expected) => {
    s3.instead = (response) => {
      response.setHeader("location", "http://127.0.0.1:1/stolen");
      s3Error(response, status, code);
    };
    const storage = createS3Storage(s3Options());
    const calls = [put(), storage.read(picture.hash), storage.remove(picture.hash)];
    for (const call of await Promise.allSettled(calls)) {
      expect(call).toMatchObject({ status: "rejected", reason: { code: expected } });
    }
    s3.instead = undefined;
  });

  test.each([
    ["resets the connection", (response: ServerResponse) => void response.destroy()],
    ["answers garbage", (response: ServerResponse) => void response.socket?.end("nonsense\r\n\r\n")],
  ])("a server that %s is not there", async (_what, reply) => {
    s3.instead = reply;
    await expect(put()).rejects.toMatchObject({ code: "pictures_unavailable" });
    s3.instead = undefined;
  });

  test("a server that begins an answer and never ends it is given up", async () => {
    s3.instead = (response) => void response.writeHead(200).write("half");
    await expect(createS3Storage(s3Options(), 300).read(picture.hash)).rejects.toMatchObject({
      code: "pictures_unavailable",
      message: expect.stringMatching(/within 0.3 s/u),
    });
    s3.instead = undefined;
  });

  test.each([
    ["https://s3.example.com", true, "https://s3.example.com/pictures/p/ab/cd"],
    ["https://s3.example.com", false, "https://pictures.s3.example.com/p/ab/cd"],
    ["http://10.0.0.5:9000/minio/?x=1", true, "http://10.0.0.5:9000/minio/pictures/p/ab/cd"],
  ])("at %s with pathStyle %s an object is %s", (endpoint, pathStyle, url) => {
    expect(objectUrl(s3Options({ endpoint, pathStyle, prefix: "p/" }), "abcd").href).toBe(url);
  });
});
