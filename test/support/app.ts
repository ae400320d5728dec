import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startApp } from "../../src/app.ts";
import type { App } from "../../src/app.ts";
import { parseConfig } from "../../src/config/load.ts";
import { systemClock } from "../../src/core/clock.ts";
import type { HandledAlert } from "../../src/core/delivery.ts";
import { createLog } from "../../src/core/log.ts";

/** Chartbell as `serve` starts it, on a free loopback port, with a data folder of its own that goes when it ends. */
export async function startTestApp(
  yaml: string,
  env: Readonly<Record<string, string>> = {},
  clock = systemClock,
): Promise<App> {
  const dataDir = await mkdtemp(join(tmpdir(), "chartbell-app-"));
  const options = { file: undefined, flags: { listen: "127.0.0.1:0", dataDir }, env, cwd: import.meta.dirname };
  const forget = async (): Promise<void> => await rm(dataDir, { recursive: true, force: true });
  try {
    const log = createLog({ level: "silent", pretty: false });
    const app = await startApp(parseConfig(yaml, options), { mode: "serve", clock }, log);
    return {
      ...app,
      async [Symbol.asyncDispose]() {
        await app[Symbol.asyncDispose]();
        await forget();
      },
    };
  } catch (error) {
    await forget();
    throw error;
  }
}

export interface JsonAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** Posts JSON to the app as an outside program would. */
export async function postJson(
  app: App,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<JsonAnswer> {
  const response = await fetch(`${app.localUrl}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const parsed: Record<string, unknown> = JSON.parse(await response.text());
  return { status: response.status, headers: response.headers, body: parsed };
}

/** Sends one alert and waits until everything of it has ended. */
export async function handled(app: App, alert: unknown, path = "/api/alerts"): Promise<HandledAlert> {
  const { status, body } = await postJson(app, path, alert);
  const { alerts } = body as { alerts?: { id: string }[] };
  const outcome = status === 202 ? await app.pipeline.outcome(alerts?.[0]?.id ?? "") : undefined;
  if (outcome === undefined) throw new Error(`The alert was not taken: ${JSON.stringify(body)}`);
  return outcome;
}

export interface RoomMessage {
  readonly message: string;
  readonly type: string;
  readonly from: unknown;
  readonly color?: string;
  readonly message_format?: string;
  readonly file?: { readonly name: string; readonly size: number; readonly url: string };
}

/** What a room of the built-in server holds, oldest first, read over HipChat's API. */
export async function historyOf(app: App, room: string, token?: string): Promise<readonly RoomMessage[]> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${app.localUrl}/v2/room/${encodeURIComponent(room)}/history`, { headers });
  const { items }: { items: RoomMessage[] } = JSON.parse(await response.text());
  return items;
}
