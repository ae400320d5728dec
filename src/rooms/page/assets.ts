import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { ApiAnswer } from "../contract.ts";

const mediaTypes = {
  "room.css": "text/css; charset=utf-8",
  "room.js": "text/javascript; charset=utf-8",
  "compose.js": "text/javascript; charset=utf-8",
  "news.js": "text/javascript; charset=utf-8",
  "ring.js": "text/javascript; charset=utf-8",
  "times.js": "text/javascript; charset=utf-8",
  "viewer.js": "text/javascript; charset=utf-8",
  "bell.svg": "image/svg+xml",
} as const;

type AssetName = keyof typeof mediaTypes;

export interface Assets {
  /** Address with the content's hash, so that it may be kept for ever. */
  path(name: AssetName): string;
  answer(name: string, version: string | null): ApiAnswer | undefined;
}

interface Asset {
  readonly body: Buffer;
  readonly version: string;
}

/** The page's own scripts, stylesheet and icon, read once from the folder beside this file. */
export function loadAssets(): Assets {
  const assets = new Map<AssetName, Asset>();
  const load = (name: AssetName): Asset => {
    const known = assets.get(name);
    if (known !== undefined) return known;
    const body = withVersions(readFileSync(new URL(`assets/${name}`, import.meta.url)), load);
    const asset = { body, version: createHash("sha256").update(body).digest("hex").slice(0, 12) };
    assets.set(name, asset);
    return asset;
  };
  return {
    path: (name) => `/rooms/assets/${name}?v=${load(name).version}`,
    answer(name, version) {
      if (!isAsset(name)) return undefined;
      const asset = load(name);
      const isCurrent = version === asset.version;
      return {
        status: 200,
        headers: {
          "content-type": mediaTypes[name],
          "content-security-policy": "default-src 'none'; sandbox",
          "x-content-type-options": "nosniff",
          "cache-control": isCurrent ? "public, max-age=31536000, immutable" : "no-cache",
        },
        body: asset.body,
      };
    },
  };
}

function isAsset(name: string): name is AssetName {
  return Object.hasOwn(mediaTypes, name);
}

/** A script's imports get the address that may be kept for ever, too. */
function withVersions(body: Buffer, load: (name: AssetName) => Asset): Buffer {
  const text = body.toString("utf8");
  return Buffer.from(
    text.replace(/ from "\.\/(?<name>[\w.]+)";/gu, (whole, name: string) =>
      isAsset(name) ? ` from "./${name}?v=${load(name).version}";` : whole,
    ),
  );
}
