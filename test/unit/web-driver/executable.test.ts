import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findBrowser } from "../../../src/web-driver/executable.ts";

let home = "";
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "chartbell-browser-"));
});
afterEach(() => rm(home, { recursive: true }));

async function install(path: string, mode = 0o755): Promise<string> {
  const full = join(home, path);
  await mkdir(dirname(full), { recursive: true });
  await writeFile(full, "#!/bin/sh\n", { mode });
  return full;
}
const search = (configured?: string) =>
  findBrowser(configured, {
    environment: { PATH: `${join(home, "bin")}:${join(home, "sbin")}`, PLAYWRIGHT_BROWSERS_PATH: join(home, "cache") },
    home,
  });

test("the configured browser wins, and must be an executable file", async () => {
  const configured = await install("opt/mine");
  await install("bin/chromium");
  expect(await search(configured)).toEqual({ executable: configured, isHeadlessShell: false });
  await expect(search(join(home, "opt/other"))).rejects.toMatchObject({ code: "browser_missing" });
  await expect(search(join(home, "opt"))).rejects.toMatchObject({ code: "browser_missing" });
});

test("Playwright's newest headless shell comes before the system's browsers", async () => {
  await install("bin/chromium-headless-shell");
  await install("cache/chromium_headless_shell-999/chrome-linux/headless_shell");
  const newest = await install(
    "cache/chromium_headless_shell-1200/chrome-headless-shell-linux64/chrome-headless-shell",
  );
  expect(await search()).toEqual({ executable: newest, isHeadlessShell: true });
});

test("the system's headless shell comes before its chromium, wherever on PATH they are", async () => {
  await install("bin/chromium");
  await install("bin/google-chrome");
  const shell = await install("sbin/chromium-headless-shell");
  expect(await search()).toEqual({ executable: shell, isHeadlessShell: true });
});

test("what cannot be executed is no browser", async () => {
  await install("bin/chromium-headless-shell", 0o644);
  await mkdir(join(home, "bin/chromium"));
  const chrome = await install("bin/google-chrome-stable");
  expect((await search()).executable).toBe(chrome);
});

test("without any the error names what was looked for", async () => {
  await expect(search()).rejects.toMatchObject({
    code: "browser_missing",
    message: expect.stringContaining("chromium-headless-shell, chromium, chromium-browser, google-chrome"),
  });
  await expect(search()).rejects.toThrow(join(home, "cache", "chromium_headless_shell-*"));
});
