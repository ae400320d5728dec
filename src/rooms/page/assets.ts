import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { ApiAnswer } from "../contract.ts";

const mediaTypes = {
  "room.css": "text/css; charset=utf-8",
  "room.js": "text/javascript; charset=utf-8",
  "bell.svg": "image/svg+xml",
} as const;

type AssetName = keyof typeof mediaTypes;

export interface Assets {
  /** Address with the content's hash, so that it may be kept for ever. */
  path(name: AssetName): string;
  answer(name: string, version: string | null): ApiAnswer | undefined;
}

/** The page's own script, stylesheet and icon, read once from the folder beside this file. */
export function loadAssets(): Assets {
  const load = (name: AssetName) => {
    const body = readFileSync(new URL(`assets/${name}`, import.meta.url));
    const version = createHash("sha256").update(body).digest("hex").slice(0, 12);
    return { body, version, mediaType: mediaTypes[name] };
  };
  const assets = { "room.css": load("room.css"), "room.js": load("room.js"), "bell.svg": load("bell.svg") };
  return {
    path: (name) => `/rooms/assets/${name}?v=${assets[name].version}`,
    answer(name, version) {
      if (!Object.hasOwn(assets, name)) return undefined;
      const asset = assets[name as AssetName];
      const isCurrent = version === asset.version;
      return {
        status: 200,
        headers: {
          "content-type": asset.mediaType,
          "content-security-policy": "default-src 'none'; sandbox",
          "x-content-type-options": "nosniff",
          "cache-control": isCurrent ? "public, max-age=31536000, immutable" : "no-cache",
        },
        body: asset.body,
      };
    },
  };
}
