import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { AppError, systemCodeOf } from "../core/errors.ts";
import type { Step } from "../core/message.ts";
import { extensions } from "../core/picture.ts";
import type { PictureLimits } from "../core/picture.ts";
import { appearance } from "./appearance.ts";
import type { Attempt, CheckResult, Destination, Receipt } from "./contract.ts";
import { defineDestination } from "./contract.ts";

const pictureLimits: PictureLimits = {
  bytesMax: 64 * 1024 * 1024,
  pixelsMax: 64_000_000,
  sideMax: 16_000,
  mediaTypes: ["image/png"],
};

/** Options of a channel of kind directory. */
export const DirectoryOptions = z.strictObject({
  kind: z.literal("directory"),
  path: z
    .string()
    .min(1)
    .max(4096)
    .describe("Folder for the files; made if missing, relative to the configuration file."),
  messageFormat: z.enum(["html", "text"]).default("text").describe("Format of the text files."),
  ...appearance,
});

/** Text and picture files in a folder: for archives, web servers and tests. A file appears whole or not at all. */
export const directory = defineDestination({
  options: DirectoryOptions,
  async open(options, deps): Promise<Destination> {
    const folder = resolve(deps.baseDir, options.path);
    return {
      format: options.messageFormat,
      pictures: { taken: true, limits: pictureLimits },
      deliver: async (step, attempt) => await deliver(folder, step, attempt),
      check: async () => [await check(folder)],
      async [Symbol.asyncDispose]() {},
    };
  },
});

/** The delivery's id is part of the name, so that a repeated try replaces its own file and never another's. */
async function deliver(folder: string, step: Step, attempt: Attempt): Promise<Receipt> {
  const id = safeName(attempt.deliveryId);
  if (step.kind === "text") {
    await write(
      folder,
      `${id}.${step.format === "html" ? "html" : "txt"}`,
      Buffer.from(`${step.text}\n`),
      attempt.signal,
    );
    return {};
  }
  if (step.picture.bytes.length > pictureLimits.bytesMax) {
    throw new AppError(
      "picture_unfit",
      `The picture has ${step.picture.bytes.length} bytes; the channel takes ${pictureLimits.bytesMax}.`,
    );
  }
  const stem = safeName(step.fileName.replace(/\.[a-z]+$/u, ""));
  await write(folder, `${id}_${stem}.${extensions[step.picture.mediaType]}`, step.picture.bytes, attempt.signal);
  if (step.caption !== "") {
    await write(folder, `${id}_${stem}.caption.txt`, Buffer.from(`${step.caption}\n`), attempt.signal);
  }
  return {};
}

async function write(folder: string, name: string, bytes: Buffer, signal: AbortSignal): Promise<void> {
  const temporary = join(folder, `.${randomUUID()}.part`);
  try {
    signal.throwIfAborted();
    await mkdir(folder, { recursive: true });
    await using file = await open(temporary, "wx");
    await file.writeFile(bytes, { signal });
    await file.sync();
    await rename(temporary, join(folder, name));
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    if (signal.aborted) throw cause;
    const reason = systemCodeOf(cause) ?? "unknown reason";
    throw new AppError("delivery_write_failed", `${join(folder, name)} could not be written (${reason}).`, { cause });
  }
}

async function check(folder: string): Promise<CheckResult> {
  const probe = join(folder, `.${randomUUID()}.probe`);
  try {
    await mkdir(folder, { recursive: true });
    await using file = await open(probe, "wx");
    await stat(probe);
    await file.close();
    await rm(probe);
    return { subject: "folder", ok: true, detail: `${folder} is writable.` };
  } catch (cause) {
    const reason = systemCodeOf(cause) ?? "unknown reason";
    return { subject: "folder", ok: false, detail: `${folder} is not writable (${reason}).` };
  }
}

function safeName(name: string): string {
  return name
    .replace(/[^\p{L}\p{N}._-]+/gu, "_")
    .replace(/^\.+/u, "_")
    .slice(0, 120);
}
