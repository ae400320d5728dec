import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { AppError } from "../../src/core/errors.ts";
import { browsers, descendants, renderers } from "../support/processes.ts";
import { findBrowser } from "../../src/web-driver/executable.ts";
import { atOnce, failure, openDriver, request, shoot, silent, site } from "../support/web-driver.ts";
import type { WebDriverOptions } from "../../src/web-driver/web-driver.ts";

const never = new AbortController().signal;
const hung = (): undefined => undefined;

function driverFor(options: Partial<WebDriverOptions> = {}) {
  const driver = openDriver(options);
  onTestFinished(() => driver[Symbol.asyncDispose]());
  return driver;
}

/** A page that is there and never ready, and the moment when a shot is looking at it. */
async function waitingPage() {
  const isOpen = Promise.withResolvers<void>();
  const server = await site({
    "/": `<body>x<script>fetch("/seen")</script>`,
    "/seen": () => isOpen.resolve(),
    "/ok": "ok",
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { server, isOpen: isOpen.promise };
}

describe("a crash", () => {
  test("of the tab is page_crashed, and the next shot works in the same browser", async () => {
    const driver = driverFor();
    const { server, isOpen } = await waitingPage();
    const outcome = failure(shoot(driver, server.url, {}));
    await isOpen;
    const [before] = browsers();
    for (const { pid } of renderers()) process.kill(pid, "SIGKILL");
    expect((await outcome).code).toBe("page_crashed");
    expect((await shoot(driver, `${server.url}/ok`)).width).toBe(1280);
    expect(browsers()[0]?.pid).toBe(before?.pid);
  });

  test("of the browser costs no shot: the next browser takes it", async () => {
    const driver = driverFor();
    let seen = 0;
    const isSeen = Promise.withResolvers<void>();
    const answer = (_request: unknown, response: ServerResponse): void => {
      seen += 1;
      if (seen > 2) response.end("ok");
      else if (seen === 2) isSeen.resolve();
    };
    await using server = await site({ "/": answer });
    const shots = [shoot(driver, server.url), shoot(driver, server.url)];
    await isSeen.promise;
    process.kill(browsers()[0]?.pid ?? 0, "SIGKILL");
    expect((await Promise.all(shots)).map(({ width }) => width)).toEqual([1280, 1280]);
    expect(seen).toBe(4);
  });

  test("of the browser twice in one shot is browser_crashed, and the next shot works in a new one", async () => {
    const driver = driverFor();
    const waiting = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let seen = 0;
    const answer = (): void => {
      waiting[seen]?.resolve();
      seen += 1;
    };
    await using server = await site({ "/": answer, "/ok": "ok" });
    const outcome = failure(shoot(driver, server.url));
    for (const { promise } of waiting) {
      await promise;
      process.kill(browsers()[0]?.pid ?? 0, "SIGKILL");
    }
    expect((await outcome).code).toBe("browser_crashed");
    expect((await shoot(driver, `${server.url}/ok`)).width).toBe(1280);
  });

  test("of the browser between two shots goes unnoticed", async () => {
    const driver = driverFor();
    const { server } = await waitingPage();
    await shoot(driver, `${server.url}/ok`);
    process.kill(browsers()[0]?.pid ?? 0, "SIGKILL");
    await vi.waitFor(() => expect(browsers()).toEqual([]));
    expect((await shoot(driver, `${server.url}/ok`)).width).toBe(1280);
  });
});

describe("an abort", () => {
  test("ends a running shot at once, and its connections", async () => {
    const driver = driverFor();
    const seen = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    await using server = await site({
      "/": (incoming) => {
        incoming.socket.once("close", () => closed.resolve());
        seen.resolve();
      },
    });
    const abort = new AbortController();
    const outcome = failure(driver.shoot(request(server.url), abort.signal));
    await seen.promise;
    const startMs = performance.now();
    abort.abort();
    expect((await outcome).code).toBe("cancelled");
    expect(performance.now() - startMs).toBeLessThan(2000);
    await closed.promise;
  });

  test("keeps the caller's own reason when that is an error of Chartbell", async () => {
    const driver = driverFor();
    const abort = new AbortController();
    const outcome = failure(driver.shoot(request("http://127.0.0.1:9999/"), abort.signal));
    abort.abort(new AppError("shutting_down", "Stop."));
    expect((await outcome).code).toBe("shutting_down");
  });

  test("takes a waiting shot out of the queue", async () => {
    const driver = driverFor({ concurrency: 1 });
    const { server, isOpen } = await waitingPage();
    const first = new AbortController();
    const running = failure(driver.shoot(request(server.url, {}), first.signal));
    await isOpen;
    const second = new AbortController();
    const waiting = failure(driver.shoot(request(`${server.url}/ok`, atOnce), second.signal));
    second.abort();
    expect((await waiting).code).toBe("cancelled");
    first.abort();
    expect((await running).code).toBe("cancelled");
    expect((await shoot(driver, `${server.url}/ok`)).width).toBe(1280);
  });

  test("is answered overloaded when the time runs out in the queue", async () => {
    const driver = driverFor({ concurrency: 1 });
    const { server, isOpen } = await waitingPage();
    const running = shoot(driver, server.url, { timeoutMs: 2000 });
    await isOpen;
    const error = await failure(shoot(driver, `${server.url}/ok`, { ...atOnce, timeoutMs: 300 }));
    expect(error.code).toBe("overloaded");
    expect(error.retryAfterMs).toBeGreaterThan(0);
    expect((await running).verdict.kind).toBe("partial");
  });
});

describe("many shots", () => {
  test("are taken at most `concurrency` at a time", async () => {
    const driver = driverFor({ concurrency: 2 });
    let open = 0;
    let openMax = 0;
    await using server = await site({
      "/": (_, response) => {
        open += 1;
        openMax = Math.max(openMax, open);
        response.end("x");
      },
    });
    const shots = Array.from({ length: 6 }, async () => {
      await shoot(driver, server.url).finally(() => {
        open -= 1;
      });
    });
    await Promise.all(shots);
    expect(openMax).toBe(2);
  });

  test("go through several browsers, one after the other, and none fails", async () => {
    const driver = driverFor({ concurrency: 2, shotsPerBrowserMax: 3 });
    await using server = await site({ "/": "x" });
    const seen = new Set<number>();
    const shots = Array.from({ length: 12 }, async () => {
      await shoot(driver, server.url);
      for (const { pid } of browsers()) seen.add(pid);
    });
    await Promise.all(shots);
    expect(seen.size).toBeGreaterThan(2);
    await vi.waitFor(() => expect(browsers()).toHaveLength(1), { timeout: 10_000 });
  });

  test("leave no page behind", async () => {
    const driver = driverFor();
    await using server = await site({ "/": "x", "/hung": hung });
    for (let count = 0; count < 4; count += 1) {
      await shoot(driver, server.url);
      await failure(shoot(driver, `${server.url}/hung`, { timeoutMs: 200 }));
    }
    // Chromium keeps one renderer in reserve.
    await vi.waitFor(() => expect(renderers().length).toBeLessThanOrEqual(1), { timeout: 10_000 });
  });
});

describe("the browser", () => {
  test("is not started before it is needed, and is told about when asked", async () => {
    const driver = driverFor();
    expect(browsers()).toEqual([]);
    const { executable, version } = await driver.probe(never);
    expect(executable).toMatch(/chrom|headless/u);
    expect(version).toMatch(/^\d+\./u);
    expect(browsers()).toHaveLength(1);
  });

  test("ends with the driver, with everything it started, and running shots end as errors", async () => {
    const driver = openDriver();
    const { server, isOpen } = await waitingPage();
    const outcome = failure(shoot(driver, server.url, {}));
    await isOpen;
    await driver[Symbol.asyncDispose]();
    expect((await outcome).code).toBe("shutting_down");
    await vi.waitFor(() =>
      expect(descendants().filter(({ commandLine }) => /chrom/u.test(commandLine[0] ?? ""))).toEqual([]),
    );
    expect((await failure(shoot(driver, server.url))).code).toBe("shutting_down");
  });

  test("of another device scale runs beside it, and at most two idle", async () => {
    const driver = driverFor();
    await using server = await site({ "/": "ok" });
    for (const scale of [1, 2, 3, 1.5]) {
      const viewport = { width: 300, height: 200, scale };
      const { png, timings } = await shoot(driver, server.url, { ...atOnce, viewport });
      expect(png.readUInt32BE(16)).toBe(300 * scale);
      expect(timings.queueMs).toBeLessThan(3000);
    }
    const scales = () =>
      browsers().map(({ commandLine }) =>
        commandLine.find((word) => word.startsWith("--force-device-scale-factor="))?.replace(/.*=/u, ""),
      );
    await vi.waitFor(() => expect(scales()).toHaveLength(3), { timeout: 8000 });
  });

  test("keeps every feature that Playwright asks for", async () => {
    const driver = driverFor();
    await driver.probe(never);
    const lists = browsers()[0]?.commandLine.filter((word) => word.startsWith("--enable-features=")) ?? [];
    const [theirs = [], ours = []] = lists.map((list) => list.replace("--enable-features=", "").split(","));
    expect(lists).toHaveLength(2);
    expect(theirs.filter((feature) => !ours.includes(feature))).toEqual([]);
  });

  test("that cannot be started is named, and the next caller tries again", async () => {
    const missing = driverFor({ executable: "/no/such/browser" });
    expect((await failure(missing.probe(never))).code).toBe("browser_missing");
    const broken = driverFor({ executable: process.execPath });
    const error = await failure(broken.probe(never));
    expect(error.code).toBe("browser_unstartable");
    expect(error.message).toContain(process.execPath);
    expect(error.message).not.toContain("\n");
    expect((await failure(shoot(broken, "http://127.0.0.1:9999/"))).code).toBe("browser_unstartable");
  });

  test("goes without a sandbox where there is none, warning once, unless the sandbox is on", async () => {
    const folder = await mkdtemp(join(tmpdir(), "chartbell-sandbox-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const executable = join(folder, "chromium");
    const { executable: real } = await findBrowser(undefined);
    const script = `#!/bin/sh
case "$*" in *--no-sandbox*) exec ${real} "$@";; esac
echo "No usable sandbox!" >&2
exit 1
`;
    await writeFile(executable, script, { mode: 0o755 });
    // Root never gets a sandbox, and the tests may run as root.
    const user = vi.spyOn(process, "getuid").mockReturnValue(1000);
    onTestFinished(() => {
      user.mockRestore();
    });
    const warn = vi.spyOn(silent, "warn");
    onTestFinished(() => {
      warn.mockRestore();
    });

    const driver = driverFor({ executable, sandbox: "auto" });
    expect((await driver.probe(never)).sandbox).toBe(false);
    process.kill(browsers()[0]?.pid ?? 0, "SIGKILL");
    await vi.waitFor(() => expect(browsers()).toEqual([]));
    await using server = await site({ "/": "x" });
    await shoot(driver, server.url);
    const warnings = warn.mock.calls.filter((call) => JSON.stringify(call).includes("sandbox"));
    expect(warnings).toHaveLength(1);
    const strict = driverFor({ executable, sandbox: "on" });
    expect((await failure(strict.probe(never))).code).toBe("browser_unstartable");
  });
});
