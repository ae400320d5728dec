import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startApp } from "../../src/app.ts";
import { parseConfig } from "../../src/config/load.ts";
import { createLog } from "../../src/core/log.ts";
import { chartbell } from "../support/cli.ts";
import { listenS3 } from "../support/s3-server.ts";
import { historyOf, startTestApp } from "../support/app.ts";
import { listen } from "../support/loopback.ts";

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "chartbell-cli-"));
});
afterEach(async () => await rm(cwd, { recursive: true }));

const config = async (yaml: string): Promise<void> => await writeFile(join(cwd, "chartbell.yaml"), yaml);

describe("help", () => {
  test("names every command and the exit codes, each command with examples", async () => {
    const { code, stdout } = await chartbell(["--help"], { cwd });
    expect(code).toBe(0);
    const names = [
      "demo",
      "serve",
      "test-portal",
      "shoot",
      "send",
      "route",
      "channel",
      "rooms",
      "schedules",
      "deliveries",
      "retry",
      "check",
      "config",
      "import",
    ];
    for (const name of names) {
      expect(stdout).toContain(name);
      const help = await chartbell([name, "--help"], { cwd });
      expect(help.stdout).toContain("Examples:");
    }
    expect(stdout).toMatch(/Exit codes: .*3 config.*5 render.*7 delivery/u);
  });

  test.each([[["shoot"]], [["fly"]], [["send", "--channel", "x"]], [["shoot", "test", "--param", "novalue"]]])(
    "%j is a usage error",
    async (args) => {
      const { code, stdout, stderr } = await chartbell(args, { cwd });
      expect(code).toBe(2);
      expect(stdout).toBe("");
      expect(stderr).not.toMatch(/\n\s+at /u);
    },
  );
});

describe("config", () => {
  test("prints what is in force with origins, without secrets", async () => {
    await config(`channels: { ops: { kind: hipchat, host: h.example.com, room: r, notificationToken: env:TOKEN } }`);
    const { code, stdout } = await chartbell(["config"], { cwd, env: { TOKEN: "s3cr3t-77" } });
    expect(code).toBe(0);
    expect(stdout).toMatch(/host: h\.example\.com # .*chartbell\.yaml:1/u);
    expect(stdout).not.toContain("s3cr3t-77");
    const json = await chartbell(["config", "--json"], { cwd, env: { TOKEN: "s3cr3t-77" } });
    expect(JSON.parse(json.stdout)).toMatchObject({ channels: { ops: { notificationToken: "[secret]" } } });
  });

  test("a file with several mistakes ends with the code for configurations and names them all", async () => {
    await config(
      "server: { lissten: x }\nroutes: [{ channels: [a] }]\nbrowser: { concurrency: many }\nfoo: 1\nstore: 5",
    );
    const { code, stderr } = await chartbell(["config"], { cwd });
    expect(code).toBe(3);
    expect(stderr).toMatch(/has 4 problems|has 5 problems/u);
    expect(stderr).toMatch(/line 1: server\.lissten/u);
    expect(stderr).toMatch(/line 4: foo: unknown key/u);
  });
});

describe("shoot", () => {
  test("writes the test portal's picture and says what it is", async () => {
    const { code, stdout } = await chartbell(["shoot", "test", "--param", "entity=db07", "-o", "out.png", "--json"], {
      cwd,
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ target: "test", width: 1280, height: 800, verdict: { kind: "ready" } });
    expect(await sharp(join(cwd, "out.png")).metadata()).toMatchObject({ format: "png", width: 1280, height: 800 });
  });

  test("takes several portals and URLs, and other formats", async () => {
    await using page = await listen(
      (_request, response) => void response.setHeader("content-type", "text/html").end("<h1>Hi</h1>"),
    );
    const { code, stdout } = await chartbell(["shoot", "test", `${page.url}/`, "--format", "webp", "--json"], { cwd });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([{ mediaType: "image/webp" }, { mediaType: "image/webp" }]);
    expect((await readdir(cwd)).toSorted()).toEqual([`127.0.0.1-${page.port}.webp`, "test.webp"]);
  });

  test.each([
    [404, "page_status"],
    [500, "page_status"],
  ])("a page that answers %i is a render error", async (status) => {
    await using page = await listen((_request, response) => void response.writeHead(status).end("no"));
    const { code, stderr } = await chartbell(["shoot", `${page.url}/x?token=s3cr3t`], { cwd });
    expect(code).toBe(5);
    expect(stderr).toContain(String(status));
    expect(stderr).not.toContain("s3cr3t");
    expect(await readdir(cwd)).toEqual([]);
  });

  test("an unknown portal and a missing parameter are the caller's errors", async () => {
    await config(`portals: { cpu: { url: "http://127.0.0.1:1/\${entity}" } }`);
    const unknown = await chartbell(["shoot", "cpv"], { cwd });
    expect([unknown.code, unknown.stderr]).toEqual([4, expect.stringContaining("Did you mean `cpu`?")]);
    const missing = await chartbell(["shoot", "cpu"], { cwd });
    expect([missing.code, missing.stderr]).toEqual([4, expect.stringContaining("needs the parameter `entity`")]);
  });

  test("a browser that is not there is a matter of set-up, with the way out", async () => {
    const { code, stderr } = await chartbell(["shoot", "test"], {
      cwd,
      env: { CHARTBELL_BROWSER: "/nowhere/chromium" },
    });
    expect(code).toBe(8);
    expect(stderr).toContain("/nowhere/chromium");
  });
});

describe("beside a running server", () => {
  const serverConfig = (port: string): string => `
server: { listen: "127.0.0.1:${port}" }
rooms: { tokens: { all: { token: env:ROOM_TOKEN }, texts: { token: env:TEXT_TOKEN, scopes: [send_notification] } } }
channels:
  lobby: { kind: room, room: Lobby }
  good: { kind: hipchat, host: "http://127.0.0.1:${port}/v2", room: Lobby, messageToken: env:ROOM_TOKEN }
  wrong: { kind: hipchat, host: "http://127.0.0.1:${port}", room: Lobby, messageToken: env:WRONG_TOKEN, notificationToken: env:TEXT_TOKEN }
  texts: { kind: hipchat, host: "http://127.0.0.1:${port}", room: Lobby, notificationToken: env:TEXT_TOKEN }
  files: { kind: directory, path: files }
`;
  const env = { ROOM_TOKEN: "room-5ec4e7", TEXT_TOKEN: "text-5ec4e7", WRONG_TOKEN: "wrong-5ec4e7" };
  const start = async () => {
    const app = await startTestApp(serverConfig("0"), env);
    await config(serverConfig(new URL(app.localUrl).port));
    return app;
  };

  test("check names the one channel with a wrong token, and posts nothing", async () => {
    await using app = await start();
    const { code, stdout, stderr } = await chartbell(["check"], { cwd, env });
    expect(code).toBe(7);
    expect(stderr).toContain("1 check failed: channel wrong.");
    expect(stdout).toMatch(
      /FAILED {2}channel wrong: pictures \(scope send_message\): HipChat answered 401: Invalid OAuth session/u,
    );
    expect(stdout.match(/^FAILED/gmu)).toHaveLength(1);
    expect(stdout).toMatch(/ok {4} {2}channel texts: pictures: No pictures, only links: .*messageToken/u);
    expect(stdout + stderr).not.toContain("5ec4e7");
    expect(await historyOf(app, "Lobby", env.ROOM_TOKEN)).toEqual([]);
  });

  test("test-portal posts a hello and the screenshot", async () => {
    await using app = await start();
    const { code, stdout } = await chartbell(["test-portal", "--channel", "lobby"], { cwd, env });
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/text → lobby: delivered[\s\S]*picture → lobby: delivered/u),
    ]);
    const [hello, file] = await historyOf(app, "Lobby", env.ROOM_TOKEN);
    expect(hello?.message).toBe("Hello from Chartbell");
    expect(file?.file?.name).toMatch(/^test_open_test_\d{8}_\d{6}\.(?:png|webp)$/u);
  });

  test("send posts a text, escaped, and a picture; a channel without messageToken gets link and reason", async () => {
    await using app = await start();
    const text = "Maintenance <now> & then 🔧";
    const sent = await chartbell(["send", "--channel", "good", "--text", text, "--severity", "normal"], { cwd, env });
    expect(sent.code).toBe(0);
    const limited = await chartbell(["send", "--channel", "texts", "--text", "x", "--portal", "test", "--json"], {
      cwd,
      env,
    });
    expect(limited.code).toBe(0);
    const [first, second] = await historyOf(app, "Lobby", env.ROOM_TOKEN);
    expect(first).toMatchObject({ message: "Maintenance &lt;now&gt; &amp; then 🔧", color: "green" });
    expect(second?.message).toMatch(
      /^x<br>No picture of <a href="[^"]+">Test portal<\/a>: This channel has no messageToken/u,
    );
  });

  test("send into a folder writes text and picture", async () => {
    await using _app = await start();
    const { code } = await chartbell(["send", "--channel", "files", "--text", "x", "--portal", "test"], { cwd, env });
    expect(code).toBe(0);
    const names = await readdir(join(cwd, "files"));
    expect(names.filter((name) => name.endsWith(".png"))).toHaveLength(1);
    const text = names.find((name) => name.endsWith("-text.txt"));
    expect(await readFile(join(cwd, "files", text ?? ""), "utf8")).toBe("x\n");
  });

  test.each([
    ["pictures", 0, /ok {4} {2}pictures: s3: An object was written, read and deleted\./u],
    [
      "nowhere",
      8,
      /FAILED {2}pictures: s3: The bucket nowhere at 127\.0\.0\.1:\d+ answered 404 NoSuchBucket\. Check bucket/u,
    ],
  ])("check tries the storage of pictures: bucket %s ends with %i", async (bucket, expected, line) => {
    const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "a-5ecret" };
    await using s3 = await listenS3({ region: "us-east-1", bucket: "pictures", ...keys });
    await config(
      `store: { pictures: { s3: { endpoint: "${s3.url}", bucket: ${bucket}, accessKeyId: env:KEY, secretAccessKey: env:SECRET } } }`,
    );
    const { code, stdout, stderr } = await chartbell(["check"], {
      cwd,
      env: { KEY: keys.accessKeyId, SECRET: keys.secretAccessKey },
    });
    expect(stdout).toMatch(line);
    expect([code, s3.objects.size]).toEqual([expected, 0]);
    expect(stdout + stderr).not.toMatch(/AKID|5ecret/u);
  });

  test("a room server that is not running is said with its address", async () => {
    await config("server: { listen: '127.0.0.1:1' }\nchannels: { lobby: { kind: room, room: Lobby } }");
    const { code, stdout } = await chartbell(["check"], { cwd });
    expect(code).toBe(7);
    expect(stdout).toContain("http://127.0.0.1:1/v2/room/Lobby/notification?… could not be reached (ECONNREFUSED)");
  });
});

describe("check of the database", () => {
  const databaseLine = (stdout: string): string | undefined =>
    stdout.split("\n").find((line) => line.includes("database:"));

  test("opens it as serve does and says what is left", async () => {
    await config("server: {}");
    const { code, stdout } = await chartbell(["check"], { cwd });
    expect(databaseLine(stdout)).toBe(
      `ok      database: open: Private PostgreSQL in ${join(cwd, "data")}, up to date; alerts left to handle: 0.`,
    );
    expect(code).toBe(0);
    const json = await chartbell(["check", "--json"], { cwd });
    expect(JSON.parse(json.stdout)).toContainEqual(expect.objectContaining({ part: "database", ok: true }));
  });

  test("beside a running server asks that one, and does not fail when it listens elsewhere", async () => {
    const options = { file: undefined, flags: { listen: "127.0.0.1:0", dataDir: join(cwd, "data") }, env: {}, cwd };
    const app = await startApp(
      parseConfig("{}", options),
      { mode: "serve" },
      createLog({ level: "silent", pretty: false }),
    );
    await using _running = app;
    await config(`server: { listen: "127.0.0.1:${new URL(app.localUrl).port}" }`);
    const near = await chartbell(["check"], { cwd });
    expect(databaseLine(near.stdout)).toBe(
      `ok      database: in use: Private PostgreSQL in ${join(cwd, "data")} is in use by process ${process.pid}, which is ready.`,
    );
    await config('server: { listen: "127.0.0.1:1" }');
    const far = await chartbell(["check"], { cwd });
    expect(databaseLine(far.stdout)).toMatch(/^ok .*process \d+, which is fine; nothing answers at .*:1\/readyz\.$/u);
    expect([near.code, far.code]).toEqual([0, 0]);
    await app.pipeline.drain();
    await config(`server: { listen: "127.0.0.1:${new URL(app.localUrl).port}" }`);
    const stopping = await chartbell(["check"], { cwd });
    expect(databaseLine(stopping.stdout)).toMatch(/^FAILED .*process \d+, and .*\/readyz answers 503\.$/u);
    expect(stopping.code).toBe(8);
  });

  test("that cannot be had is a matter of set-up, without its password", async () => {
    await config("store: { url: env:DATABASE_URL }");
    const env = { DATABASE_URL: "postgres://u:s3cr3t@127.0.0.1:1/x" };
    const { code, stdout, stderr } = await chartbell(["check"], { cwd, env });
    expect(code).toBe(8);
    expect(stderr).toContain("1 check failed: database.");
    expect(databaseLine(stdout)).toMatch(/^FAILED {2}database: open: The server of store\.url does not answer\./u);
    expect(stdout + stderr).not.toContain("s3cr3t");
  });
});

test("serve takes alerts until SIGTERM and then ends with 0", async () => {
  await config(
    "server: { listen: '127.0.0.1:0' }\nchannels: { lobby: { kind: room, room: Lobby } }\nroutes: [{ channels: [lobby] }]",
  );
  const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
  const child = spawn(process.execPath, [main, "serve"], { cwd, stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const lines: string[] = [];
  const ready = new Promise<string>((resolve) => {
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      lines.push(...chunk.trim().split("\n"));
      const line = lines.find((one) => one.includes("Chartbell is ready."));
      if (line !== undefined) resolve((JSON.parse(line) as { url: string }).url);
    });
  });
  const url = await ready;
  const response = await fetch(`${url}/api/alerts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"rule":"x"}',
  });
  expect(response.status).toBe(202);
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
  expect(lines.join("\n")).toContain("Delivered.");
});
