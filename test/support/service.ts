import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** `chartbell serve` as a process of its own, which may be killed. */
export interface Service {
  readonly url: string;
  readonly pid: number;
  /** What it has said on standard error so far, line by line. */
  readonly said: readonly string[];
  /** Ends it with SIGTERM, or as the signal says, and waits until it is gone. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts `chartbell serve` in a folder that holds its configuration and its data; resolves when it is ready. */
export async function startService(
  folder: string,
  yaml: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Service> {
  await writeFile(join(folder, "chartbell.yaml"), yaml);
  const child = spawn(process.execPath, [main, "serve", "--listen", "127.0.0.1:0"], {
    cwd: folder,
    env: { ...process.env, CHARTBELL_LOG_LEVEL: "info", TOKEN: "t", ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const said: string[] = [];
  const url = await readyUrl(child, said);
  return { url, pid: child.pid ?? 0, said, end: async (signal) => await endOf(child, signal) };
}

/** Keeps every line in `said`, also after it is ready. */
async function readyUrl(child: ChildProcess, said: string[]): Promise<string> {
  if (child.stderr === null) throw new Error("The service has no standard error.");
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const lines = createInterface({ input: child.stderr });
  lines.on("line", (line) => {
    said.push(line);
    if (!line.includes("Chartbell is ready.")) return;
    const { url }: { url: string } = JSON.parse(line);
    resolve(url);
  });
  lines.on("close", () => reject(new Error(`The service did not start: ${said.join("\n")}`)));
  return await promise;
}

async function endOf(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
}

/** The process id of the private database of a service's folder. */
export async function databasePid(folder: string): Promise<number> {
  const [first] = (await readFile(join(folder, "data", "postgres", "data", "postmaster.pid"), "utf8")).split("\n");
  return Number(first);
}

/** Whether a process lives; one that has ended and was not waited for does not. */
export async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return status !== "" && status.slice(status.lastIndexOf(")") + 2, status.lastIndexOf(")") + 3) !== "Z";
}

/** Looks again and again until the condition holds. */
export async function until(what: string, holds: () => Promise<boolean>, forMs = 20_000): Promise<void> {
  for (const endMs = performance.now() + forMs; !(await holds());) {
    if (performance.now() > endMs) throw new Error(`Not within ${forMs} ms: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Removes the folder of a service that was killed, once its database has ended. */
export async function removeFolder(folder: string): Promise<void> {
  const isGone = async (): Promise<boolean> =>
    await rm(folder, { recursive: true, force: true }).then(
      () => true,
      () => false,
    );
  await until("the folder can go", isGone);
}

export interface AlertAnswer {
  readonly id: string;
  readonly state: string;
  readonly rule: string;
  readonly status: string;
  readonly deliveries: readonly {
    readonly id: string;
    readonly state: string;
    readonly steps: readonly {
      readonly status: string;
      readonly attempts: number;
      readonly unknownAttempts?: number;
      readonly foldedInto?: string;
    }[];
    readonly shots: readonly {
      readonly verdict: string;
      readonly unready?: readonly string[];
      readonly picture?: { readonly sha256: string };
    }[];
  }[];
}

/** Sends an alert; its id when it was accepted, undefined when the service is not there. */
export async function sendAlert(url: string, alert: unknown): Promise<string | undefined> {
  return (await sendAlerts(url, alert))[0];
}

/** Sends an alert, or `{ alerts }`; the ids when they were accepted, none when the service is not there. */
export async function sendAlerts(url: string, body: unknown): Promise<readonly string[]> {
  const answer = await fetch(`${url}/api/alerts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  }).catch(() => undefined);
  if (answer?.status !== 202) return [];
  const { alerts }: { alerts: { id: string }[] } = JSON.parse(await answer.text());
  return alerts.map(({ id }) => id);
}

/** What has become of an alert; undefined for one that is not known. */
export async function alertBy(url: string, id: string): Promise<AlertAnswer | undefined> {
  const answer = await fetch(`${url}/api/alerts/${id}`);
  const alert: AlertAnswer = JSON.parse(await answer.text());
  return answer.status === 200 ? alert : undefined;
}

/** What became of an alert, once it is handled. */
export async function handledBy(url: string, id: string): Promise<AlertAnswer> {
  let found: AlertAnswer | undefined;
  await until(`alert ${id} is handled`, async () => {
    found = await alertBy(url, id);
    return found?.state === "handled";
  });
  if (found === undefined) throw new Error("unreachable");
  return found;
}
