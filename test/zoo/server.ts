import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { once } from "node:events";
import { extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { behaviourOf } from "./behaviours.ts";
import { answerData } from "./data.ts";
import { createJournal } from "./journal.ts";
import type { Journal } from "./journal.ts";
import { libraryOf } from "./libraries.ts";
import { dashboardPage, otherPages } from "./page.ts";
import { panelData } from "./series.ts";
import { acceptSocket } from "./socket.ts";

/*
 * The zoo's web server: the pages, the chart libraries straight from node_modules, and the data with its latencies, failures
 * and streams. Two ports of loopback, so that a page can have a foreign frame.
 */

export interface Zoo extends AsyncDisposable {
  readonly url: string;
  readonly journal: Journal;
}

const pages = fileURLToPath(new URL("pages/", import.meta.url));
const packages = fileURLToPath(new URL("../../node_modules/", import.meta.url));

const mediaTypes: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".woff2": "font/woff2",
  ".webm": "video/webm",
};

export async function openZoo(): Promise<Zoo> {
  const journal = createJournal();
  const bundles = new Map<string, Promise<string>>();
  const origins: string[] = [];
  const servers: Server[] = [];
  for (let index = 0; index < 2; index += 1) {
    const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const url = new URL(request.url ?? "/", origins[index]);
      const otherOrigin = origins[1 - index] ?? "";
      if (answerPage(url, response, otherOrigin)) return;
      if (await answerFile(url, response, bundles)) return;
      if (await answerData(url, response, journal)) return;
      response.writeHead(404).end();
    };
    const server = createServer((request, response) => {
      answer(request, response).catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(500);
        response.end(String(error));
      });
    });
    server.on("upgrade", (request, stream) => acceptSocket(request, stream, subscribe(request, journal)));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("The zoo has no port.");
    origins.push(`http://127.0.0.1:${address.port}`);
    servers.push(server);
  }
  return {
    url: origins[0] ?? "",
    journal,
    async [Symbol.asyncDispose]() {
      await Promise.all(
        servers.map((server) => {
          const closed = once(server, "close");
          server.close();
          server.closeAllConnections();
          return closed;
        }),
      );
    },
  };
}

function answerPage(url: URL, response: ServerResponse, otherOrigin: string): boolean {
  const other = otherPages[url.pathname];
  if (other !== undefined) {
    response.writeHead(other.status, { "content-type": "text/html; charset=utf-8" }).end(other.html);
    return true;
  }
  if (url.pathname === "/zoo/private") {
    response.writeHead(302, { location: `/login?next=${encodeURIComponent(url.pathname)}` }).end();
    return true;
  }
  const [, , place, libraryName = "", behaviourName = ""] = url.pathname.split("/");
  if (place === "old") {
    response.writeHead(302, { location: `/zoo/page/${libraryName}/${behaviourName}${url.search}` }).end();
    return true;
  }
  if (place !== "page") return false;
  const library = libraryOf(libraryName);
  const behaviour = behaviourOf(behaviourName);
  if (library === undefined || behaviour === undefined) return false;
  const html = dashboardPage({ libraryName, library, behaviourName, behaviour, otherOrigin });
  response.writeHead(200, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" }).end(html);
  return true;
}

async function answerFile(url: URL, response: ServerResponse, bundles: Map<string, Promise<string>>): Promise<boolean> {
  const forever = { "cache-control": "public, max-age=31536000, immutable" };
  const [, , place, ...rest] = url.pathname.split("/");
  const path = rest.join("/");
  if (place === "built") {
    const name = path.replace(/\.js$/u, "");
    if (libraryOf(name)?.isBundled !== true) return false;
    const bundle = bundles.get(name) ?? bundled(name);
    bundles.set(name, bundle);
    response.writeHead(200, { "content-type": mediaTypes[".js"], ...forever }).end(await bundle);
    return true;
  }
  if (place === "pages") return await send(pages, path, response, { "cache-control": "no-cache" });
  if (place === "packages") return await send(packages, path, response, forever);
  return false;
}

async function send(
  folder: string,
  path: string,
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
): Promise<boolean> {
  const file = normalize(join(folder, path));
  if (!file.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`)) return false;
  const type = mediaTypes[extname(file)];
  if (type === undefined) return false;
  const stream = createReadStream(file);
  try {
    await once(stream, "open");
  } catch {
    return false;
  }
  response.writeHead(200, { "content-type": type, ...headers });
  stream.pipe(response);
  return true;
}

/** An adapter with its packages, put together as an application's build does. */
async function bundled(name: string): Promise<string> {
  const entry = join(pages, "libraries", `${name}.js`);
  await readFile(entry);
  await using build = await rolldown({
    input: entry,
    platform: "browser",
    transform: { define: { "process.env.NODE_ENV": '"production"' } },
  });
  const { output } = await build.generate({ format: "esm", minify: true });
  return output[0].code;
}

/** The far side of a page's WebSocket: a series for each name it subscribes to, then a heartbeat each second. */
function subscribe(request: IncomingMessage, journal: Journal): Parameters<typeof acceptSocket>[2] {
  const id = new URL(request.url ?? "/", "http://localhost").searchParams.get("id") ?? "";
  return (text, socket) => {
    const { subscribe: names }: { subscribe: string[] } = JSON.parse(text);
    for (const [index, name] of names.entries()) {
      setTimeout(
        () => {
          socket.send(JSON.stringify({ type: "series", name, data: panelData(name) }));
          journal.note(id, name);
        },
        300 + index * 400,
      );
    }
    const beat = setInterval(() => {
      if (socket.isOpen()) socket.send(JSON.stringify({ type: "heartbeat" }));
      else clearInterval(beat);
    }, 1000);
  };
}
