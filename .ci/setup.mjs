// Makes a fresh checkout ready and then runs a program with the pinned Node: `node .ci/setup.mjs [FILE ARGUMENTS…]`.
// Plain JavaScript for any Node >= 20, because it runs before anything is installed. Quick when nothing is missing.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const modules = join(root, "node_modules");
const stamps = join(modules, ".chartbell");
const pinnedNode = join(modules, "node", "bin", process.platform === "win32" ? "node.exe" : "node");

const browserHint =
  "Install one (Debian: apt-get install chromium-headless-shell), or set CHARTBELL_BROWSER to the path of a Chromium.";

function say(line) {
  process.stderr.write(`setup: ${line}\n`);
}

function fail(sentence) {
  say(sentence);
  process.exit(8);
}

/** Runs a command with its output on standard error, so that standard output stays the program's own. */
function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2], ...options });
}

function installPackages() {
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .update(`${process.platform} ${process.arch}`)
    .digest("hex");
  const stamp = join(stamps, "packages");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted && existsSync(pinnedNode)) return;
  say("installing npm packages …");
  // The npm that started us, run by the Node that started us; its own advice about versions would only confuse.
  const npm = process.env.npm_execpath;
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status } = npm === undefined ? run("npm", args) : run(process.execPath, [npm, ...args]);
  if (status !== 0) fail("the npm packages could not be installed; look at npm's words above, then run this again.");
  if (!existsSync(pinnedNode)) {
    fail("the package `node` brought no binary for this machine; run `npm rebuild node`, then run this again.");
  }
  mkdirSync(stamps, { recursive: true });
  writeFileSync(stamp, wanted);
}

/** The path of the browser Chartbell would use, or undefined. */
function findBrowser() {
  const code = `import { findBrowser } from "./src/web-driver/executable.ts";
    process.stdout.write((await findBrowser(process.env.CHARTBELL_BROWSER || undefined)).executable);`;
  const found = spawnSync(pinnedNode, ["--input-type=module", "-e", code], { cwd: root, encoding: "utf8" });
  return found.status === 0 && found.stdout !== "" ? found.stdout : undefined;
}

function installBrowser() {
  const stamp = join(stamps, "browser");
  const known = existsSync(stamp) ? readFileSync(stamp, "utf8") : "";
  if (process.env.CHARTBELL_BROWSER === undefined && known !== "" && existsSync(known)) return;
  let browser = findBrowser();
  if (browser === undefined && process.env.CHARTBELL_BROWSER !== undefined) {
    fail(`CHARTBELL_BROWSER names no browser: ${process.env.CHARTBELL_BROWSER}. Correct or unset it.`);
  }
  if (browser === undefined) {
    const asRoot = rootPrefix();
    downloadShell(asRoot !== undefined);
    browser = findBrowser();
    if (browser === undefined && asRoot !== undefined) {
      installPackage(asRoot);
      browser = findBrowser();
    }
  }
  if (browser === undefined) fail(`no headless browser could be installed. ${browserHint}`);
  writeFileSync(stamp, browser);
}

/** How to run a command as root without a question: nothing for root, sudo for one who may, undefined otherwise. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  const mayRun = spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status === 0;
  return mayRun ? ["sudo", "-n"] : undefined;
}

function downloadShell(withDeps) {
  say("installing a headless browser …");
  const cli = join(modules, "playwright", "cli.js");
  const args = [cli, "install", "--only-shell", ...(withDeps ? ["--with-deps"] : []), "chromium"];
  const { status } = run(pinnedNode, args, { timeout: 600_000, stdio: ["ignore", "ignore", "ignore"] });
  if (status !== 0) say("Playwright's own browser cannot be had here; trying the distribution's package …");
}

function installPackage(asRoot) {
  if (spawnSync("apt-get", ["--version"], { stdio: "ignore" }).status !== 0) return;
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args) => {
    const [command, ...rest] = [...asRoot, "apt-get", "-qq", ...args];
    return run(command, rest, { env: environment, timeout: 600_000, stdio: ["ignore", "ignore", 2] }).status === 0;
  };
  apt("update");
  // Fonts with letters and emoji: without them a chart has boxes where its words should be.
  const fonts = ["fonts-liberation", "fonts-noto-color-emoji"];
  for (const name of ["chromium-headless-shell", "chromium"]) {
    if (apt("install", "-y", "--no-install-recommends", name, ...fonts)) return;
  }
}

function runProgram([file, ...args]) {
  if (file === undefined) {
    say("everything is in place.");
    return;
  }
  const path = `${join(modules, ".bin")}${process.platform === "win32" ? ";" : ":"}${process.env.PATH}`;
  const child = spawn(pinnedNode, [join(root, file), ...args], {
    stdio: "inherit",
    env: { ...process.env, PATH: path },
  });
  // A terminal's Ctrl-C reaches the program as well; it decides when to end. A signal sent to us alone is handed on.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal === "SIGINT" ? 130 : 143);
  });
}

installPackages();
installBrowser();
runProgram(process.argv.slice(2));
