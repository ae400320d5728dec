import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AppError } from "../../src/core/errors.ts";
import { Secret } from "../../src/core/secret.ts";
import type { Attempt, Destination, DestinationDeps } from "../../src/destinations/contract.ts";
import { ChannelOptions, destinations, openDestination } from "../../src/destinations/index.ts";
import type { DestinationKind } from "../../src/destinations/index.ts";
import { listenRecording } from "../support/recording-server.ts";
import type { RecordingServer } from "../support/recording-server.ts";
import { pictureStep, textStep, tinyPng } from "../support/messages.ts";

/*
 * What every destination promises. A new kind needs one row; forgetting it is a type error.
 */

const secrets = ["message-token-5ec4e7", "notification-token-5ec4e7"];
const [messageToken, notificationToken] = secrets.map((secret) => new Secret(secret));

interface Got {
  readonly text: string;
  readonly picture: Buffer | undefined;
}

interface Row {
  readonly options: (address: string) => unknown;
  readonly takesPictures: boolean;
  /** HTTP answer of a server that accepted; undefined for a destination without a server. */
  readonly accepted: { readonly status: number; readonly body: string } | undefined;
  /** What the other side has got. */
  readonly got: (server: RecordingServer, folder: string) => Promise<Got>;
}

const jsonOrMultipart = async (server: RecordingServer): Promise<Got> => {
  const last = server.received.at(-1);
  if (last === undefined) throw new Error("Nothing arrived.");
  if (!last.headers["content-type"]?.startsWith("multipart/related")) {
    const { message }: { message: string } = JSON.parse(last.body.toString());
    return { text: message, picture: undefined };
  }
  const boundary = /boundary=([^;]+)/u.exec(last.headers["content-type"])?.[1] ?? "";
  const parts = last.body.toString("latin1").split(`--${boundary}`);
  const contentOf = (part: string | undefined): string =>
    (part ?? "").split("\r\n\r\n").slice(1).join("\r\n\r\n").slice(0, -2);
  const { message }: { message: string } = JSON.parse(Buffer.from(contentOf(parts[1]), "latin1").toString());
  return { text: message, picture: Buffer.from(contentOf(parts[2]), "latin1") };
};

const rows: Record<DestinationKind | "hipchat v1", Row> = {
  hipchat: {
    options: (host) => ({ kind: "hipchat", host, room: "Alerts Room é", messageToken, notificationToken }),
    takesPictures: true,
    accepted: { status: 204, body: "" },
    got: jsonOrMultipart,
  },
  "hipchat v1": {
    options: (host) => ({ kind: "hipchat", host, apiVersion: 1, room: "4711", notificationToken }),
    takesPictures: false,
    accepted: { status: 200, body: '{"status":"sent"}' },
    got: async (server) => {
      const form = new URLSearchParams(server.received.at(-1)?.body.toString());
      return { text: form.get("message") ?? "", picture: undefined };
    },
  },
  room: {
    options: () => ({ kind: "room", room: "Lobby" }),
    takesPictures: true,
    accepted: { status: 204, body: "" },
    got: jsonOrMultipart,
  },
  directory: {
    options: () => ({ kind: "directory", path: "out" }),
    takesPictures: true,
    accepted: undefined,
    got: async (_server, folder) => {
      const names = await readdir(join(folder, "out"));
      const read = async (end: string): Promise<Buffer | undefined> => {
        const name = names.find((one) => one.endsWith(end));
        return name === undefined ? undefined : await readFile(join(folder, "out", name));
      };
      const text = (await read(".caption.txt")) ?? (await read(".txt"));
      return { text: (text ?? Buffer.alloc(0)).toString().replace(/\n$/u, ""), picture: await read(".png") };
    },
  },
};

const hard = {
  "emoji, quotes and right-to-left": "CPU 🔥 \"97 %\" <b>'x'</b> & שלום مرحبا 👨‍👩‍👧‍👦",
  "10,001 characters": "x".repeat(10_001),
  "line ends and control characters": "a\nb\tc\r\nd\u0001e",
};

test("every file or folder of a kind is registered", () => {
  const shared = new Set(["contract.ts", "index.ts", "transport.ts", "appearance.ts"]);
  const files = readdirSync(new URL("../../src/destinations/", import.meta.url)).filter((name) => !shared.has(name));
  expect(files.map((name) => name.replace(/\.ts$/u, "")).toSorted()).toEqual(Object.keys(destinations).toSorted());
});

describe.each(Object.entries(rows))("%s", (_kind, row) => {
  let server: RecordingServer;
  let folder: string;
  let destination: Destination;

  const attempt = (changes: Partial<Attempt> = {}): Attempt => ({
    deliveryId: "d1",
    number: 1,
    signal: AbortSignal.timeout(15_000),
    ...changes,
  });
  const failure = async (work: Promise<unknown>): Promise<AppError> => {
    const error: unknown = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof AppError)) throw new Error(`No AppError was thrown, but ${inspect(error)}.`);
    return error;
  };

  beforeEach(async () => {
    server = await listenRecording();
    const { accepted } = row;
    if (accepted !== undefined)
      server.reply = (response) => void response.writeHead(accepted.status).end(accepted.body);
    folder = await mkdtemp(join(tmpdir(), "chartbell-destination-"));
    const deps: DestinationDeps = {
      baseDir: folder,
      roomServer: () => ({ url: server.url, token: messageToken ?? new Secret("") }),
    };
    destination = await openDestination(ChannelOptions.parse(row.options(server.url)), deps);
  });
  afterEach(async () => {
    await destination[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test.each(Object.entries(hard))(
    "text with %s arrives whole, or cut with a mark within the limit",
    async (_name, text) => {
      await destination.deliver(textStep(text), attempt());
      const got = await row.got(server, folder);
      if (row.accepted === undefined || text.length <= 10_000) {
        expect(got.text).toBe(text);
      } else {
        expect(got.text).toHaveLength(10_000);
        expect(got.text).toMatch(/^x+… \[cut: .*\]$/u);
      }
    },
  );

  test("long HTML is cut between tags, with every element closed", async () => {
    const text = `<b>${"<i>x</i>&amp;".repeat(1200)}</b>`;
    await destination.deliver(textStep(text, { format: "html" }), attempt());
    const last = row.accepted === undefined ? undefined : (await row.got(server, folder)).text;
    if (last === undefined) return;
    expect(last.length).toBeLessThanOrEqual(10_000);
    expect(last).toMatch(/^<b>(?:<i>x<\/i>&amp;)+(?:<i>x<\/i>|<i>)?… \[cut: [^<]*\](?:<\/i>)?<\/b>$/u);
  });

  test("a picture's bytes arrive unchanged, or the channel says beforehand that it takes none", async () => {
    expect(destination.pictures.taken).toBe(row.takesPictures);
    if (!row.takesPictures) {
      expect((await failure(destination.deliver(pictureStep("CPU"), attempt()))).code).toBe(
        "delivery_picture_unsupported",
      );
      expect(server.received).toHaveLength(0);
      return;
    }
    const bytes = Buffer.concat([
      tinyPng,
      Buffer.from("\r\n--boundary--\r\n\0\n"),
      Buffer.from([...Array(256).keys()]),
    ]);
    await destination.deliver(pictureStep('CPU für "web01" 🔥', bytes), attempt());
    const got = await row.got(server, folder);
    expect(got.picture?.equals(bytes)).toBe(true);
    expect(got.text).toBe('CPU für "web01" 🔥');
  });

  test("a picture above the channel's limit is refused before anything is sent", async () => {
    if (!destination.pictures.taken) return;
    const bytes = Buffer.alloc(destination.pictures.limits.bytesMax + 1);
    expect((await failure(destination.deliver(pictureStep("CPU", bytes), attempt()))).code).toBe("picture_unfit");
    expect(server.received).toHaveLength(0);
  });

  test("a signal that has aborted sends nothing", async () => {
    const reason = new AppError("cancelled", "gone");
    await expect(destination.deliver(textStep("x"), attempt({ signal: AbortSignal.abort(reason) }))).rejects.toThrow();
    expect(server.received).toHaveLength(0);
    expect(await readdir(folder)).toEqual([]);
  });

  test("the check says that everything is in order, and posts nothing", async () => {
    if (row.accepted !== undefined) {
      server.reply = (response, request) =>
        void response.writeHead(request.url?.includes("auth_test=true") ? 202 : 500).end();
    }
    const results = await destination.check(AbortSignal.timeout(10_000));
    expect(results.length).toBeGreaterThan(0);
    expect(results.filter(({ ok }) => !ok)).toEqual([]);
  });

  test("disposing twice does nothing the second time", async () => {
    await destination[Symbol.asyncDispose]();
    await destination[Symbol.asyncDispose]();
  });

  if (row.accepted === undefined) return;

  describe("over HTTP", () => {
    const send = async (): Promise<unknown> => await destination.deliver(textStep("hello"), attempt());

    test.each([
      [400, "delivery_rejected", false],
      [401, "delivery_unauthorized", false],
      [403, "delivery_forbidden", false],
      [404, "delivery_not_found", false],
      [408, "delivery_unavailable", true],
      [413, "delivery_rejected", false],
      [418, "delivery_rejected", false],
      [429, "delivery_limited", true],
      [500, "delivery_unavailable", true],
      [502, "delivery_unavailable", true],
      [503, "delivery_unavailable", true],
      [599, "delivery_unavailable", true],
    ] as const)("status %i is %s", async (status, code, isRetryable) => {
      server.reply = (response) =>
        void response.writeHead(status).end('{"error":{"code":1,"message":"The reason.","type":"T"}}');
      const error = await failure(send());
      expect(error.code).toBe(code);
      expect(error.isRetryable).toBe(isRetryable);
      expect(error.message).toContain("The reason");
    });

    test.each([301, 302, 307, 308])("a redirect (%i) is not followed with the token", async (status) => {
      server.reply = (response) => void response.writeHead(status, { location: `${server.url}/elsewhere` }).end();
      expect((await failure(send())).code).toBe("delivery_rejected");
      expect(server.received).toHaveLength(1);
    });

    test.each([
      [{ "retry-after": "7" }, 7000, 7000],
      [{ "retry-after": new Date(0).toUTCString() }, 0, 0],
      [{ "retry-after": "999999999999" }, 3_600_000, 3_600_000],
      [{ "retry-after": "soon" }, 60_000, 60_000],
      [{}, 60_000, 60_000],
      [{ "x-floodcontrol-remaining": "0", "x-floodcontrol-reset": "12" }, 12_000, 12_000],
    ])("a 429 with %j waits as long as the server wishes", async (headers, leastMs, mostMs) => {
      server.reply = (response) => void response.writeHead(429, headers).end();
      const { retryAfterMs = -1 } = await failure(send());
      expect(retryAfterMs).toBeGreaterThanOrEqual(leastMs);
      expect(retryAfterMs).toBeLessThanOrEqual(mostMs);
    });

    test.each([
      ["retry-after", (at: Date) => ({ "retry-after": at.toUTCString() })],
      [
        "x-ratelimit-reset",
        (at: Date) => ({ "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(Math.floor(at.getTime() / 1000)) }),
      ],
    ])("a 429 with a time in %s waits until then", async (_name, headersFor) => {
      const untilMs = Date.now() + 60_000;
      server.reply = (response) => void response.writeHead(429, headersFor(new Date(untilMs))).end();
      const { retryAfterMs = -1 } = await failure(send());
      const leftMs = untilMs - Date.now();
      // Both headers are in whole seconds.
      expect(retryAfterMs).toBeGreaterThanOrEqual(leftMs - 1000);
      expect(retryAfterMs).toBeLessThanOrEqual(61_000);
    });

    test("a 403 with no calls left is flow control, not a refusal", async () => {
      server.reply = (response) => void response.writeHead(403, { "x-ratelimit-remaining": "0" }).end();
      expect((await failure(send())).code).toBe("delivery_limited");
    });

    test("a 200 with an error body is a failure", async () => {
      server.reply = (response) =>
        void response.writeHead(200).end('{"error":{"code":400,"message":"No.","type":"Bad"}}');
      expect((await failure(send())).code).toBe("delivery_rejected");
    });

    test("garbage with status 200 is no receipt", async () => {
      server.reply = (response) => void response.writeHead(200).end("<html>It works!</html>");
      expect((await failure(send())).code).toBe("delivery_answer_invalid");
    });

    test("an endless answer is cut off, not read for ever", async () => {
      server.reply = (response) => {
        response.writeHead(400);
        const more = (): void => {
          while (response.write("x".repeat(16_384)) && !response.destroyed);
        };
        response.on("drain", more).on("error", () => undefined);
        more();
      };
      expect((await failure(send())).code).toBe("delivery_rejected");
    });

    test("a connection that is reset after the request leaves the outcome unknown, and trying again can help", async () => {
      server.reply = (response) => void response.socket?.resetAndDestroy();
      const error = await failure(send());
      expect(error.code).toBe("delivery_unanswered");
      expect(error.isRetryable).toBe(true);
    });

    test("a server that is not there is unreachable, and its address is named", async () => {
      await server[Symbol.asyncDispose]();
      const error = await failure(send());
      expect(error.code).toBe("delivery_unreachable");
      expect(error.message).toContain(`127.0.0.1:${server.port}`);
    });

    test("an abort while the server keeps silent ends the call at once", async () => {
      const arrived = Promise.withResolvers<void>();
      server.reply = () => arrived.resolve();
      const controller = new AbortController();
      const sending = destination.deliver(textStep("hello"), attempt({ signal: controller.signal }));
      await arrived.promise;
      controller.abort(new AppError("cancelled", "gone"));
      await expect(sending).rejects.toThrow();
    });

    test("no secret stands in any error, cause or address", async () => {
      for (const status of [400, 401, 403, 429, 500]) {
        server.reply = (response) => void response.writeHead(status).end("garbage");
        const error = await failure(send());
        expect(inspect(error, { depth: 10 }) + JSON.stringify(error)).not.toMatch(/5ec4e7/u);
      }
      for (const { url } of server.received) expect(url).not.toMatch(/5ec4e7/u);
      await server[Symbol.asyncDispose]();
      expect(inspect(await failure(send()), { depth: 10 })).not.toMatch(/5ec4e7/u);
    });

    test("the check names what the server refuses", async () => {
      server.reply = (response) => void response.writeHead(401).end('{"error":{"message":"Invalid OAuth session"}}');
      const results = await destination.check(AbortSignal.timeout(10_000));
      const refused = results.filter(({ ok }) => !ok);
      expect(refused.length).toBeGreaterThan(0);
      for (const { detail } of refused) expect(detail).toContain("Invalid OAuth session");
    });
  });
});

test("a folder that cannot be made is a typed error that names it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "chartbell-destination-"));
  await writeFile(join(folder, "taken"), "");
  const deps: DestinationDeps = { baseDir: folder, roomServer: () => ({ url: "", token: new Secret("") }) };
  const options = ChannelOptions.parse({ kind: "directory", path: "taken/out" });
  await using destination = await openDestination(options, deps);
  const attempt = { deliveryId: "d", number: 1, signal: AbortSignal.timeout(5000) };
  await expect(destination.deliver(textStep("x"), attempt)).rejects.toMatchObject({ code: "delivery_write_failed" });
  expect((await destination.check(attempt.signal))[0]?.ok).toBe(false);
  await rm(folder, { recursive: true });
});
