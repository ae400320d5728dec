import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { removeFolder, startService } from "../support/service.ts";
import type { Service } from "../support/service.ts";
import { clients } from "./clients.ts";
import type { Client, Expected } from "./clients.ts";

/*
 * Real HipChat clients against a running Chartbell: `npm run test:clients -- [--install] [--only REGEX]`. Those of npm are
 * installed into a folder of this run; `--install` installs those of Debian as well (apt-get, as root), without it they are
 * left out where they are missing. What each has sent is read back from the room's history.
 */

const scripts = fileURLToPath(new URL("scripts", import.meta.url));
const picture = fileURLToPath(new URL("../fixtures/chart.png", import.meta.url));
const token = "clients-token";
const clientMs = 60_000;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { install: { type: "boolean", default: false }, only: { type: "string", default: "" } },
  });
  const chosen = clients.filter(({ name }) => new RegExp(values.only, "u").test(name));
  const folder = await mkdtemp(join(tmpdir(), "chartbell-clients-"));
  install(chosen, folder, values.install);
  const service = await startService(folder, settings, { TOKEN: token });
  const tlsHost = await trust(folder, service);
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [index, client] of chosen.entries()) {
    const outcome = await outcomeOf(client, `Room${index}`, { folder, service, tlsHost });
    counts[outcome.kind] += 1;
    say(`${marks[outcome.kind]} ${client.name}${outcome.reason === "" ? "" : `: ${outcome.reason}`}`);
  }
  await service.end("SIGKILL");
  await removeFolder(folder);
  say(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return counts.failed === 0 ? 0 : 1;
}

const marks = { passed: "✓", failed: "✗", skipped: "-" };
const settings = `
server: { tls: { listen: "127.0.0.1:0" } }
rooms:
  tokens:
    clients:
      token: env:TOKEN
      scopes: [send_notification, send_message, view_group, view_room, view_messages, manage_rooms, admin_room]
`;

function install(chosen: readonly Client[], folder: string, withDebian: boolean): void {
  const packages = chosen.flatMap(({ npm = [] }) => npm);
  const run = (program: string, args: readonly string[]): void => {
    const { status } = spawnSync(program, args, { stdio: ["ignore", "ignore", "inherit"] });
    if (status !== 0) throw new Error(`${program} ${args.join(" ")} failed.`);
  };
  if (packages.length > 0) {
    run("npm", [
      "install",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
      "--prefix",
      folder,
      ...packages,
    ]);
  }
  const debian = chosen.flatMap((client) => client.debian ?? []);
  if (withDebian && debian.length > 0) run("apt-get", ["install", "-y", "--no-install-recommends", ...new Set(debian)]);
}

interface Outcome {
  readonly kind: keyof typeof marks;
  readonly reason: string;
}

interface Stand {
  readonly folder: string;
  readonly service: Service;
  /** Host and port of HTTPS: some clients call nothing else, whatever they are told. */
  readonly tlsHost: string;
}

/** Puts what clients must trust beside their packages; where HTTPS is. */
async function trust(folder: string, { said }: Service): Promise<string> {
  const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
  const options = { cwd: folder, env: { ...process.env, TOKEN: token } };
  const { stdout } = await promisify(execFile)(process.execPath, [main, "tls", "certificate"], options);
  await writeFile(authorityIn(folder), stdout);
  const ready: { tls: string } = JSON.parse(said.find((line) => line.includes("Chartbell is ready.")) ?? "");
  return new URL(ready.tls).host;
}

const authorityIn = (folder: string): string => join(folder, "authority.pem");

async function outcomeOf(client: Client, room: string, { folder, service, tlsHost }: Stand): Promise<Outcome> {
  const missing = (client.debian ?? []).find(
    (name) => spawnSync("dpkg", ["-s", name], { stdio: "ignore" }).status !== 0,
  );
  if (missing !== undefined) return { kind: "skipped", reason: `apt-get install ${missing}` };
  try {
    await api(service, "POST", "/v2/room", { name: room });
    const [program, ...args] = client.command({ scripts, url: service.url, token, room });
    const env = {
      ...process.env,
      NODE_PATH: join(folder, "node_modules"),
      NODE_EXTRA_CA_CERTS: authorityIn(folder),
      URL_BASE: service.url,
      TLS_HOST: tlsHost,
      TOKEN: token,
      ROOM: room,
      PICTURE: picture,
    };
    await promisify(execFile)(program, args, { env, timeout: clientMs });
    for (const one of client.expected) await check(service, room, one);
    return { kind: "passed", reason: "" };
  } catch (error) {
    return { kind: "failed", reason: error instanceof Error ? error.message : String(error) };
  }
}

interface HistoryItem {
  readonly message: string;
  readonly color?: string;
  readonly message_format?: string;
  readonly from: string | { readonly name: string };
  readonly file?: { readonly url: string };
}

async function check(service: Service, room: string, expected: Expected): Promise<void> {
  const answer = await api(service, "GET", `/v2/room/${room}/history`);
  const { items } = (await answer.json()) as { items: readonly HistoryItem[] };
  const found = items.find(({ message }) => message.startsWith(expected.text));
  if (found === undefined)
    throw new Error(`"${expected.text}" is not among ${JSON.stringify(items.map((item) => item.message))}`);
  const seen = {
    color: found.color,
    format: found.message_format,
    sender: typeof found.from === "string" ? found.from : found.from.name,
  };
  for (const name of ["color", "format", "sender"] as const) {
    const wanted = expected[name];
    if (wanted !== undefined && seen[name] !== wanted) throw new Error(`${name} is ${seen[name]}, not ${wanted}`);
  }
  if (expected.picture !== true) return;
  const bytes = Buffer.from(await (await fetch(found.file?.url ?? "")).arrayBuffer());
  if (!bytes.equals(await readFile(picture))) throw new Error("The picture came back with other bytes.");
}

async function api(service: Service, method: string, path: string, body?: object): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const answer = await fetch(`${service.url}${path}`, {
    method,
    headers,
    body: body === undefined ? null : JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${await answer.text()}`);
  return answer;
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

process.exitCode = await main();
