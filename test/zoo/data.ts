import { readFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Journal } from "./journal.ts";
import { panelData, pictureSvg } from "./series.ts";

type Answer = (url: URL, response: ServerResponse, journal: Journal) => Promise<void> | void;

const json = { "content-type": "application/json", "cache-control": "no-store" };
const font = new URL("../../node_modules/@fontsource/inter/files/inter-latin-400-normal.woff2", import.meta.url);
const video = new URL("pages/wave.webm", import.meta.url);

/** How far ahead of this machine's clock a query may end. */
const futureMsMax = 2000;

/** Answers what is data, by path. */
export async function answerData(url: URL, response: ServerResponse, journal: Journal): Promise<boolean> {
  const answer = Object.hasOwn(answers, url.pathname) ? answers[url.pathname] : undefined;
  await answer?.(url, response, journal);
  return answer !== undefined;
}

const answers: Readonly<Record<string, Answer>> = {
  "/zoo/data": async (url, response, journal) => {
    const { id, series, number } = parametersOf(url);
    await delay(number("lateMs", 150));
    const name = `${series} ${url.searchParams.get("part") ?? ""}`;
    const isFailing = number("failures", 0) > 0 && journal.of(`${id} ${series} failure`).answers === 0;
    if (isFailing) journal.note(`${id} ${series} failure`, "failure");
    const status = isFailing ? 503 : number("status", 200);
    const isFuture = number("to", 0) > Date.now() + futureMsMax;
    if (status !== 200 || isFuture) {
      response.writeHead(isFuture ? 400 : status, json).end('{"error":"the query failed"}');
      journal.note(id, `${name} ${status}`);
      return;
    }
    response.writeHead(200, json).end(JSON.stringify(panelData(series, number("empty", 0) > 0)));
    journal.note(id, name);
  },

  /** Never answers; the connection stays. */
  "/zoo/hang": () => undefined,

  "/zoo/news": async (_url, response) => {
    await delay(30_000, undefined, { ref: false });
    response.writeHead(204).end();
  },

  "/zoo/beacon": (_url, response) => {
    response.writeHead(204).end();
  },

  "/zoo/events": async (url, response, journal) => {
    const { id } = parametersOf(url);
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    for (const name of ["cpu", "requests"]) {
      await delay(400);
      response.write(`event: ${name}\ndata: ${JSON.stringify(panelData(name))}\n\n`);
      journal.note(id, name);
    }
    const beat = setInterval(() => response.write(": beat\n\n"), 1000);
    response.on("close", () => clearInterval(beat));
  },

  "/zoo/lines": async (url, response, journal) => {
    const { id, series } = parametersOf(url);
    const data = panelData(series);
    response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
    for (const part of [1, 2, 3, 4, 5]) {
      await delay(250);
      const lines = data.series.map(({ name, values }) => ({
        name,
        values: values.map((value) => Math.round(value * part * 2) / 10),
      }));
      response.write(`${JSON.stringify({ ...data, series: lines })}\n`);
      journal.note(id, `${series} ${part}`);
    }
    response.end();
  },

  "/zoo/picture.svg": async (url, response, journal) => {
    const { id, series, number } = parametersOf(url);
    await delay(number("lateMs", 300));
    response.writeHead(200, { "content-type": "image/svg+xml", "cache-control": "no-store" }).end(pictureSvg(series));
    journal.note(id, series);
  },

  "/zoo/font": async (url, response) => {
    await delay(parametersOf(url).number("lateMs", 0));
    response.writeHead(200, { "content-type": "font/woff2" }).end(await readFile(fileURLToPath(font)));
  },

  "/zoo/video": async (_url, response) => {
    response.writeHead(200, { "content-type": "video/webm" }).end(await readFile(fileURLToPath(video)));
  },
};

function parametersOf(url: URL): {
  readonly id: string;
  readonly series: string;
  readonly number: (name: string, otherwise: number) => number;
} {
  const { searchParams: parameters } = url;
  return {
    id: parameters.get("id") ?? "",
    series: parameters.get("series") ?? "",
    number: (name, otherwise) => Number(parameters.get(name) ?? otherwise),
  };
}
