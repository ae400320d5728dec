import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startApp } from "../../src/app.ts";
import { parseConfig } from "../../src/config/load.ts";
import { createLog } from "../../src/core/log.ts";
import { clockFrom } from "./clock.ts";

/** `serve` in a process of its own, whose clock shows what a test wants. */
export interface AppProcess {
  /** Ends it and waits until it is gone. */
  end(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
}

interface AppProcessOptions {
  readonly yaml: string;
  readonly env: Readonly<Record<string, string>>;
  /** What the clock shows once the app has started. */
  readonly moment: string;
}

/** Resolves when the app has started. */
export async function startAppProcess(options: AppProcessOptions): Promise<AppProcess> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  child.stdin.end(JSON.stringify(options));
  await Promise.race([
    once(child.stdout, "data"),
    ended.then(() => Promise.reject(new Error("The process has ended before it was ready."))),
  ]);
  return {
    async end(signal) {
      child.kill(signal);
      await ended;
    },
  };
}

async function main(): Promise<void> {
  process.stdin.setEncoding("utf8");
  let text = "";
  for await (const chunk of process.stdin) text += String(chunk);
  const { yaml, env, moment }: AppProcessOptions = JSON.parse(text);
  const flags = { listen: "127.0.0.1:0" };
  const loaded = parseConfig(yaml, { file: undefined, flags, env, cwd: import.meta.dirname });
  await using _app = await startApp(
    loaded,
    { mode: "serve", clock: clockFrom(moment) },
    createLog({ level: "silent", pretty: false }),
  );
  process.stdout.write("ready\n");
  await once(process, "SIGTERM");
}

if (import.meta.main) await main();
