import type { MessageFile } from "../core/room.ts";
import type { ApiAnswer } from "./contract.ts";

/**
 * A file's bytes, so that no browser runs them: pictures under the type that their bytes have, all else as a download,
 * and even a file opened by itself in a tab has no rights. Bytes of an id never change, but what may be read by one reader
 * is not for a shared cache.
 */
export function fileAnswer(file: MessageFile, bytes: Buffer): ApiAnswer {
  const disposition = file.pixels === undefined ? "attachment" : "inline";
  return {
    status: 200,
    headers: {
      "content-type": file.mediaType,
      "content-disposition": `${disposition}; ${fileNameParameters(file.name)}`,
      "content-security-policy": "default-src 'none'; sandbox",
      "x-content-type-options": "nosniff",
      "cross-origin-resource-policy": "same-origin",
      "cache-control": "private, max-age=31536000, immutable",
    },
    body: bytes,
  };
}

/** RFC 6266: an ASCII name for all, the true one for those that read `filename*`. */
function fileNameParameters(name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/gu, "_");
  const encoded = encodeURIComponent(name).replace(
    /['()*]/gu,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
