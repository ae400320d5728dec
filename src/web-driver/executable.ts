import { access, constants, readdir, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { AppError } from "../core/errors.ts";

export interface FoundBrowser {
  readonly executable: string;
  /** Headless shell: no window system at all, half the time and less memory. */
  readonly isHeadlessShell: boolean;
}

interface Places {
  /** Variables that say where browsers are: PATH and Playwright's own. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

const systemNames = [
  "chromium-headless-shell",
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
];
const shellNames = ["headless_shell", "chrome-headless-shell", "headless_shell.exe", "chrome-headless-shell.exe"];

/**
 * The browser to run: the configured one; Playwright's own headless shell, newest first; one of the system's. Throws
 * `browser_missing`, naming what was looked for.
 */
export async function findBrowser(
  configured: string | undefined,
  places: Places = { environment: process.env, home: homedir() },
): Promise<FoundBrowser> {
  if (configured !== undefined) {
    if (await isExecutable(configured)) return found(configured);
    throw new AppError("browser_missing", `browser.executable names ${configured}, which is not an executable file.`, {
      hint: "Correct browser.executable, or leave it out to let Chartbell look for a browser.",
    });
  }
  const cache = playwrightFolder(places);
  const candidates = [...(await playwrightShells(cache)), ...systemPaths(places)];
  for (const candidate of candidates) if (await isExecutable(candidate)) return found(candidate);
  const looked = `${join(cache, "chromium_headless_shell-*")} and ${systemNames.join(", ")} on PATH`;
  throw new AppError("browser_missing", `No Chromium was found: looked for ${looked}.`);
}

function found(executable: string): FoundBrowser {
  return { executable, isHeadlessShell: /headless[_-]shell/u.test(basename(executable)) };
}

function playwrightFolder({ environment, home }: Places): string {
  const configured = environment["PLAYWRIGHT_BROWSERS_PATH"];
  if (configured !== undefined && configured !== "" && configured !== "0") return configured;
  if (process.platform === "darwin") return join(home, "Library", "Caches", "ms-playwright");
  if (process.platform === "win32") {
    return join(environment["LOCALAPPDATA"] ?? join(home, "AppData", "Local"), "ms-playwright");
  }
  return join(environment["XDG_CACHE_HOME"] ?? join(home, ".cache"), "ms-playwright");
}

/** `chromium_headless_shell-1234/chrome-linux/headless_shell`; the inner names changed over Playwright's versions. */
async function playwrightShells(cache: string): Promise<string[]> {
  const prefix = "chromium_headless_shell-";
  const revisions = (await entriesOf(cache))
    .filter((name) => name.startsWith(prefix))
    .sort((one, other) => Number(other.slice(prefix.length)) - Number(one.slice(prefix.length)));
  const paths: string[] = [];
  for (const revision of revisions) {
    for (const inner of await entriesOf(join(cache, revision))) {
      paths.push(...shellNames.map((name) => join(cache, revision, inner, name)));
    }
  }
  return paths;
}

function systemPaths({ environment }: Places): string[] {
  const folders = (environment["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return systemNames.flatMap((name) => folders.map((folder) => join(folder, name)));
}

async function entriesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
