import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { hookNames } from "../core/code.ts";
import type { Hooks } from "../core/code.ts";
import { AppError, messageOf, systemCodeOf } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";

/**
 * The functions that a TypeScript or JavaScript module exports. A file that has changed is loaded anew. Throws code_unusable,
 * also for an exported function that is none of ours: it would never be asked.
 */
export async function loadCode(file: string): Promise<Hooks> {
  const exported = await importFile(file);
  const functions = Object.entries(exported).filter(([, value]) => typeof value === "function");
  const unknown = functions.map(([name]) => name).find((name) => !hookNames.some((known) => known === name));
  if (unknown !== undefined) {
    const near = nearest(unknown, hookNames);
    const hint =
      near === undefined ? `Export ${hookNames.join(", ")}; no other function.` : `Did you mean \`${near}\`?`;
    throw new AppError("code_unusable", `${file} exports a function \`${unknown}\` that nobody asks.`, { hint });
  }
  if (functions.length === 0) throw new AppError("code_unusable", `${file} exports none of ${hookNames.join(", ")}.`);
  return Object.fromEntries(functions);
}

async function importFile(file: string): Promise<object> {
  const text = await readFile(file).catch((cause: unknown) => {
    throw new AppError("code_unusable", `${file} cannot be read (${systemCodeOf(cause) ?? "unknown reason"}).`, {
      cause,
    });
  });
  // Node keeps a module for good under its address.
  const url = pathToFileURL(file);
  url.searchParams.set("content", createHash("sha256").update(text).digest("hex").slice(0, 16));
  try {
    const loaded: object = await import(url.href);
    return loaded;
  } catch (cause) {
    const said = messageOf(cause).split("\n", 1)[0] ?? "";
    throw new AppError("code_unusable", `${file} cannot be loaded: ${said.replaceAll(url.href, file)}.`, { cause });
  }
}
