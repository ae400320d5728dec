import { readFile } from "node:fs/promises";
import type { LoopbackServer } from "./loopback.ts";
import { listen } from "./loopback.ts";
import { pixelsOf } from "./web-driver.ts";

/*
 * Imitations of dashboards (test/fixtures/products): each has three panels side by side, whose bars grow red for a second
 * after their data and are green when they stand.
 */

const fixtures = new URL("../fixtures/products/", import.meta.url);
const mediaTypes: Readonly<Record<string, string>> = { html: "text/html", js: "text/javascript", css: "text/css" };

/** Serves the fixtures, and data for everything else after a while; `/api?panel=2` is never answered with `hung: 2`. */
export function productSite(options: { readonly hung?: number } = {}): Promise<LoopbackServer> {
  return listen((incoming, response) => {
    const { pathname, searchParams } = new URL(incoming.url ?? "/", "http://localhost");
    const file = /^\/[\w-]+\.(?<type>html|js|css)$/u.exec(pathname);
    const answer = async (): Promise<void> => {
      const mediaType = mediaTypes[file?.groups?.["type"] ?? ""] ?? "text/plain";
      response.writeHead(200, { "content-type": mediaType }).end(await readFile(new URL(`.${pathname}`, fixtures)));
    };
    const panel = Number(searchParams.get("panel") ?? 0);
    if (file !== null) void answer();
    else if (options.hung === undefined || panel !== options.hung)
      setTimeout(() => response.end("{}"), 50 + panel * 150);
  });
}

export const dashboardViewport = { width: 960, height: 300 };

export type Panel = "drawn" | "growing" | "empty";

/** What the three panels of a picture show. */
export async function panelsOf(png: Buffer): Promise<readonly Panel[]> {
  const pixels = await pixelsOf(png);
  const at = (x: number, y: number): string => pixels.at(x, y);
  const green = "0,128,0";
  const ground = "238,238,238";
  return [0, 1, 2].map((index) => {
    const left = 20 + 310 * index;
    // Under the tops of two bars, and above one.
    const [first, third, above, foot] = [
      at(left + 30, 112),
      at(left + 200, 143),
      at(left + 30, 105),
      at(left + 30, 225),
    ];
    if (first === green && third === green && above === ground) return "drawn";
    return foot === ground || foot === "255,255,255" ? "empty" : "growing";
  });
}
