import { createRequire } from "node:module";

/** How every Chartbell names itself to servers it calls. */
export const userAgent = "Chartbell";

/** The version in package.json, wherever this file lies: src in a checkout, dist in the package. */
export function packageVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)("#package.json");
  const isManifest = typeof manifest === "object" && manifest !== null && "version" in manifest;
  return isManifest ? String(manifest.version) : "unknown";
}
