import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { AppError, systemCodeOf } from "../core/errors.ts";

/** The text of a file, or of standard input for `-`. Throws file_unreadable, also for more than `bytesMax` or no UTF-8. */
export async function readText(file: string, bytesMax: number): Promise<string> {
  const name = file === "-" ? "Standard input" : file;
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of source(file)) {
      const part = Buffer.from(chunk);
      bytes += part.length;
      if (bytes > bytesMax) throw new AppError("file_unreadable", `${name} is larger than ${bytesMax} bytes.`);
      chunks.push(part);
    }
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const reason = cause instanceof TypeError ? "it is not UTF-8" : (systemCodeOf(cause) ?? "unknown reason");
    throw new AppError("file_unreadable", `${name} cannot be read (${reason}).`, { cause });
  }
}

function source(file: string): AsyncIterable<Buffer> & Readable {
  return file === "-" ? process.stdin : createReadStream(file);
}
