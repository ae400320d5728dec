import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { limits } from "../../src/core/limits.ts";
import { handled, historyOf, startTestApp } from "../support/app.ts";
import { listen } from "../support/loopback.ts";
import type { LoopbackServer } from "../support/loopback.ts";
import { listenS3, s3Error } from "../support/s3-server.ts";
import type { S3Server } from "../support/s3-server.ts";

/* A storage of pictures that fails or hangs prevents and delays no picture. */

const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "a-5ecret" };
let s3: S3Server;
let pages: LoopbackServer;
beforeEach(async () => {
  s3 = await listenS3({ region: "us-east-1", bucket: "pictures", ...keys });
  pages = await listen((_request, response) => {
    const page = "<!doctype html><style>body{margin:0}div{width:200px;height:100px;background:#258}</style><div></div>";
    response.setHeader("content-type", "text/html").end(page);
  });
});
afterEach(async () => {
  await pages[Symbol.asyncDispose]();
  await s3[Symbol.asyncDispose]();
});

const start = async () =>
  await startTestApp(
    `
store: { pictures: { s3: { endpoint: "${s3.url}", bucket: pictures, accessKeyId: env:KEY, secretAccessKey: env:SECRET } } }
channels: { lobby: { kind: room, room: Lobby } }
portals: { page: { url: "${pages.url}/", viewport: { width: 320, height: 200 } } }
routes: [{ channels: [lobby], portals: [page] }]
`,
    { KEY: keys.accessKeyId, SECRET: keys.secretAccessKey },
  );

test("there, it has the picture that was sent", async () => {
  await using app = await start();
  const { deliveries } = await handled(app, { rule: "x" });
  const sha256 = deliveries[0]?.shots[0]?.picture?.sha256 ?? "";
  await expect.poll(() => s3.objects.size).toBe(1);
  expect((await fetch(`${app.localUrl}/api/pictures/${sha256}`)).headers.get("content-type")).toBe("image/png");
});

test("refusing, the picture is in the room all the same", async () => {
  s3.instead = (response) => s3Error(response, 503, "SlowDown");
  await using app = await start();
  const { deliveries } = await handled(app, { rule: "x" });
  expect(deliveries[0]?.steps).toMatchObject([{ status: "delivered" }, { kind: "picture", status: "delivered" }]);
  expect((await historyOf(app, "Lobby")).map(({ file }) => file?.name)).toMatchObject([undefined, /x_open_page/u]);
});

test("hanging, the picture is in the room long before the storage is given up", async () => {
  const hanging: ServerResponse[] = [];
  s3.instead = (response) => void hanging.push(response);
  await using app = await start();
  const { deliveries } = await handled(app, { rule: "x" });
  expect(deliveries[0]?.steps).toMatchObject([{ status: "delivered" }, { kind: "picture", status: "delivered" }]);
  expect(deliveries[0]?.steps[1]?.afterMs).toBeLessThan(limits.pictureStorageMs);
  expect(hanging).toHaveLength(1);
  for (const response of hanging) response.destroy();
});
