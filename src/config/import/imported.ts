import { Document } from "yaml";
import { AppError } from "../../core/errors.ts";
import { limits } from "../../core/limits.ts";

/** What was made of another system's configuration, and what became of each part of it. */
export interface Imported {
  /** As chartbell.yaml has it. */
  readonly config: ImportedConfig;
  readonly carried: readonly string[];
  /** What has no counterpart, or is to be looked at. */
  readonly notCarried: readonly string[];
  /** Environment variables that the configuration refers to, and what each has to hold. */
  readonly variables: Readonly<Record<string, string>>;
}

type Plain = string | number | boolean | readonly Plain[] | { readonly [key: string]: Plain | undefined };
export type PlainMap = Readonly<Record<string, Plain | undefined>>;

export interface ImportedConfig {
  readonly channels: Readonly<Record<string, PlainMap>>;
  readonly routes?: readonly PlainMap[];
  readonly hooks?: Readonly<Record<string, PlainMap>>;
}

/** The text of the configuration file. */
export function yamlOf(config: ImportedConfig, from: string): string {
  const document = new Document(config, { aliasDuplicateObjects: false });
  document.commentBefore = ` From ${from.replaceAll(/[\r\n]+/gu, " ")}.`;
  return document.toString({ lineWidth: 0 });
}

/** What a file of another system must not be. */
export function importInvalid(problem: string, hint?: string): AppError {
  return new AppError("import_invalid", problem, hint === undefined ? {} : { hint });
}

/** Gives each thing a name that a channel may have, and no name twice. */
export class Names {
  readonly #taken = new Set<string>();

  /** `Ops & DB` becomes `ops-db`; a second one `ops-db-2`. */
  channel(from: string): string {
    const plain = from.toLowerCase().replace(/[^a-z0-9_.]+/gu, "-");
    return this.#free(plain.replace(/^[^a-z0-9]+|-+$/gu, "").slice(0, 80) || "channel", "-");
  }

  route(from: string): string {
    return this.#free(from.slice(0, 80) || "route", " ");
  }

  #free(wanted: string, separator: string): string {
    let name = wanted;
    for (let number = 2; this.#taken.has(name); number++) name = `${wanted}${separator}${number}`;
    this.#taken.add(name);
    return name;
  }
}

/** Lines of a report, each told once. */
export class Lines {
  readonly #lines = new Set<string>();

  add(...lines: readonly string[]): void {
    for (const line of lines) this.#lines.add(line);
  }
  all(): readonly string[] {
    return [...this.#lines];
  }
}

/** `CHARTBELL_OPS_DB_TOKEN` for `ops-db`. */
export function variableFor(channel: string, what = "TOKEN"): string {
  return `CHARTBELL_${channel.toUpperCase().replace(/[^A-Z0-9]+/gu, "_")}_${what}`;
}

/** A pattern for exactly this text, whatever stands in it. */
export function exactly(text: string): Plain {
  if (!/[*?]/u.test(text)) return text;
  return { regex: `^${text.replace(/[\\^$.*+?()[\]{}|]/gu, String.raw`\$&`)}$` };
}

/** A room's name within the limits of the built-in server. */
export function roomName(from: string): string {
  return from.slice(0, limits.roomNameCharsMax);
}
