import { mkdtemp, rm } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wait } from "../src/core/wait.ts";
import { browsers } from "../test/support/processes.ts";
import { judge, outcomesOf } from "../test/support/promise.ts";
import type { Judgement } from "../test/support/promise.ts";
import { listenRecording } from "../test/support/recording-server.ts";
import type { RecordingServer } from "../test/support/recording-server.ts";
import { markPattern, startSender } from "../test/support/sender.ts";
import { databasePid, startService, until } from "../test/support/service.ts";
import type { Service } from "../test/support/service.ts";

/*
 * One trial: a service with a database of its own, senders that send again until they are heard, a room that counts, and one
 * kill -9 at a moment that the room, the pages' server or a sender chooses.
 */

export const stages = {
  accepted: "right after a 202",
  textSending: "text in the room, not answered",
  textSaid: "text answered",
  loading: "page of a picture loading",
  between: "text answered, its page loading",
  pictureSending: "picture in the room, not answered",
  pictureSaid: "picture answered",
  anytime: "any moment",
} as const;
export type Stage = keyof typeof stages;
export type Victim = "service" | "database" | "browser";

export interface Trial {
  readonly victim: Victim;
  readonly stage: Stage;
  /** Which time the stage is reached; of `anytime`, milliseconds. */
  readonly moment: number;
  /** [0, 1) */
  readonly random: () => number;
}

export interface TrialResult extends Judgement {
  /** Whether the moment came. */
  readonly wasKilled: boolean;
  /** From the kill until the service was ready, the database answered or there was a new browser, milliseconds. */
  readonly backMs: number | undefined;
}

const keys = ["disk", "cpu", "net", "ram", "gpu"];
const alertsPerKey = 8;
const handledMs = 90_000;
const page = "<!doctype html><style>body{margin:0}div{width:200px;height:100px;background:#258}</style><div></div>";

const config = (url: string): string => `
channels: { ops: { kind: hipchat, host: "${url}", room: Ops, messageToken: env:TOKEN, notificationToken: env:TOKEN } }
portals: { page: { url: "${url}/page?mark=\${mark}", viewport: { width: 320, height: 200 } } }
routes: [{ channels: [ops] }]
`;

const forever = new AbortController().signal;

export async function runTrial(trial: Trial): Promise<TrialResult> {
  const folder = await mkdtemp(join(tmpdir(), "chartbell-kill-"));
  await using room = await listenRecording();
  const running = { service: await startService(folder, config(room.url)) };
  const kill = killerOf(trial, folder, room.url, running);
  const { reach, isKilled } = createTrigger(trial, kill);
  serveRoom(room, trial.victim, reach);
  const sender = startSender({
    url: () => running.service.url,
    keys,
    alertsPerKey,
    pauseMs: () => 10 + trial.random() * 50,
    portal: "page",
    onAccepted: () => void reach("accepted"),
  });
  if (trial.stage === "anytime") void wait(trial.moment, forever).then(async () => await reach("anytime"));
  const outcomes = async () => await outcomesOf(() => running.service.url, sender.accepted, handledMs);
  const back = await Promise.race([isKilled, sender.ended.then(outcomes).then(() => undefined)]);
  await sender.ended;
  const judgement = judge(sender.accepted, await outcomes(), room.received);
  const backMs = await back?.ms;
  await running.service.end();
  await until("the folder can go", async () => await removed(folder));
  return { ...judgement, wasKilled: back !== undefined, backMs };
}

async function removed(folder: string): Promise<boolean> {
  return await rm(folder, { recursive: true, force: true }).then(
    () => true,
    () => false,
  );
}

/** Kills once, when the trial's stage is reached for the time that it names. */
function createTrigger({ stage, moment }: Trial, kill: () => Promise<Back>) {
  const killed = Promise.withResolvers<Back>();
  let reached = 0;
  return {
    isKilled: killed.promise,
    async reach(this: void, now: Stage): Promise<void> {
      if (now !== stage) return;
      reached++;
      if (reached !== (stage === "anytime" ? 1 : moment)) return;
      const back = kill();
      back.then(killed.resolve, killed.reject);
      await back;
    },
  };
}

/** Answers as HipChat does and serves the page; says when a stage is reached. */
function serveRoom(room: RecordingServer, victim: Victim, reach: (stage: Stage) => Promise<void>): void {
  const said = new Set<string>();
  const take = async (response: ServerResponse, before: Stage, after: Stage, mark: string): Promise<void> => {
    const { socket } = response;
    await reach(before);
    // Whoever sent it is dead.
    if (victim === "service" && socket?.destroyed !== false) return;
    response.writeHead(204).end();
    said.add(mark);
    await reach(after);
  };
  const load = async (response: ServerResponse, mark: string): Promise<void> => {
    await reach("loading");
    await until("the text is said", async () => said.has(mark)).catch(() => undefined);
    await reach("between");
    response.setHeader("content-type", "text/html").end(page);
  };
  room.reply = (response, { url = "" }) => {
    const [mark = ""] = markPattern.exec(url.startsWith("/page") ? url : bodyOf(room)) ?? [];
    if (url.startsWith("/page")) void load(response, mark);
    else if (url.includes("/share/file")) void take(response, "pictureSending", "pictureSaid", "");
    else if (url.includes("/notification")) void take(response, "textSending", "textSaid", mark);
    else response.writeHead(404).end();
  };
}

const bodyOf = ({ received }: RecordingServer): string => received.at(-1)?.body.toString("latin1") ?? "";

/** How long it took until what was killed was back; undefined when nobody needed it any more. */
interface Back {
  readonly ms: Promise<number | undefined>;
}

function killerOf(
  { victim, random }: Trial,
  folder: string,
  url: string,
  running: { service: Service },
): () => Promise<Back> {
  const since = (startMs: number) => async (): Promise<number> => performance.now() - startMs;
  return {
    async service() {
      await running.service.end("SIGKILL");
      const pauseMs = random() * 300;
      const restart = async (): Promise<number> => {
        await wait(pauseMs, forever);
        const startMs = performance.now();
        running.service = await startService(folder, config(url));
        return performance.now() - startMs;
      };
      return { ms: restart() };
    },
    async database() {
      const pid = await databasePid(folder);
      process.kill(pid, "SIGKILL");
      const isBack = async (): Promise<boolean> => {
        if ((await databasePid(folder).catch(() => pid)) === pid) return false;
        const answer = await fetch(`${running.service.url}/api/alerts/${crypto.randomUUID()}`);
        await answer.arrayBuffer();
        return answer.status === 404;
      };
      return { ms: until("the database is back", isBack).then(since(performance.now())) };
    },
    async browser() {
      const present = () => browsers(running.service.pid);
      await until("there is a browser", async () => present().length > 0);
      const killed = present();
      for (const group of new Set(killed.map(({ group }) => group))) process.kill(-group, "SIGKILL");
      const isNew = async (): Promise<boolean> => present().some(({ pid }) => killed.every((one) => one.pid !== pid));
      const backMs = until("there is a new browser", isNew, 10_000).then(since(performance.now()));
      // The next one is started by the next picture, and there may be none.
      return { ms: backMs.catch(() => undefined) };
    },
  }[victim];
}
