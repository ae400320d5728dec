import { randomUUID } from "node:crypto";
import type { Stats } from "node:fs";
import { open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { AppError, systemCodeOf } from "../core/errors.ts";

export interface WriteOptions {
  /** What the file held when it was read, undefined when there was none: changed since, it is left alone. */
  readonly expected: string | undefined;
}

/**
 * Puts another text in a file's place: whole or not at all, with its mode and owner; a link stays one. Throws config_changed
 * when the file is not what was expected, file_unwritable.
 */
export async function replaceFile(file: string, text: string, { expected }: WriteOptions): Promise<void> {
  await writing(file, async () => {
    const target = await realpath(file).catch(() => file);
    const like = await stat(target).catch(() => undefined);
    await putInPlace(target, text, { mode: like === undefined ? 0o644 : like.mode & 0o777, owner: like }, async () => {
      const held = await readFile(target, "utf8").catch(() => undefined);
      if (held !== expected) throw new AppError("config_changed", `${file} was changed by somebody else meanwhile.`);
    });
  });
}

/** A new file for a secret beside another file: for that file's owner alone to read. Throws file_unwritable. */
export async function writeSecretFile(file: string, secret: string, beside: string): Promise<void> {
  await writing(file, async () => {
    const owner = await stat(beside).catch(() => undefined);
    await putInPlace(file, `${secret}\n`, { mode: 0o600, owner }, async () => undefined);
  });
}

async function writing(file: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const reason = systemCodeOf(cause) ?? "unknown reason";
    throw new AppError("file_unwritable", `${file} could not be written (${reason}).`, { cause });
  }
}

interface Manner {
  readonly mode: number;
  /** Whoever has another file, where this user may give files away. */
  readonly owner: Pick<Stats, "uid" | "gid"> | undefined;
}

async function putInPlace(
  target: string,
  text: string,
  { mode, owner }: Manner,
  lastLook: () => Promise<void>,
): Promise<void> {
  const part = join(dirname(target), `.${basename(target)}.${randomUUID()}.part`);
  try {
    await using handle = await open(part, "wx", mode);
    if (owner !== undefined) await handle.chown(owner.uid, owner.gid).catch(() => undefined);
    // The umask may have taken bits away.
    await handle.chmod(mode);
    await handle.writeFile(text);
    await handle.sync();
    await lastLook();
    await rename(part, target);
  } finally {
    await rm(part, { force: true });
  }
}
