import type { z } from "zod";
import type { AlertInput } from "../core/alert.ts";
import type { FieldProblem } from "../core/input.ts";

/*
 * Why a message is wanted. A trigger turns what an outside system sent into alerts; it does no I/O of its own. What the
 * payload lacks or has wrong is an AppError `request_invalid` whose details name every field.
 */

export interface Trigger {
  /** Alerts of one request's parsed body. */
  read(body: unknown): readonly AlertInput[];
}

/*
 * A source reads the payloads of one outside system, posted to `/hooks/NAME`. A caller may rely on this: `read` gives
 * alerts that AlertInput accepts as they are (too long a label is cut, a link that is none is left out), names in `rejected`
 * what of a batch it could not use, and throws nothing but AppErrors. It never fetches what a payload points to, except
 * through `outside`, and there only what its own rules allow.
 *
 * To add one: a file that exports `defineSource({...})`, its line in index.ts, its row in test/conformance/sources.test.ts,
 * its section in docs/sources.md.
 */

/** How a body may be written: JSON, an HTML form's fields, plain text. */
export type BodyForm = "json" | "form" | "text";

export interface Payload {
  /** The JSON value; the fields of a form, each a string; or the text. */
  readonly body: unknown;
  /** The body as it came, for signatures. */
  readonly bytes: Uint8Array;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

export interface ReadAlert {
  readonly alert: AlertInput;
  /** The same for every try of one notification and for no other one; undefined: every post is a new one. */
  readonly key?: string | undefined;
  /**
   * For a sender that repeats a state on purpose with the same words: posts of one key count as one within a slot of this
   * many milliseconds. Undefined: for good.
   */
  readonly keyForMs?: number;
}

/** A member of a batch that could not be used. */
export interface Rejection extends FieldProblem {
  /** Its position, from 0. */
  readonly index: number;
}

export interface Reading {
  /** In the order of the payload; none when there is nothing to tell. */
  readonly alerts: readonly ReadAlert[];
  readonly rejected: readonly Rejection[];
}

/** What a source may ask of the outside. The caller gives it, with time limits, TLS verification and no redirects. */
export interface Outside {
  /** A certificate in PEM; kept for the next call. Throws source_unreachable. */
  certificate(url: URL): Promise<string>;
  /** Visits an address that confirms something. Throws source_unreachable. */
  visit(url: URL): Promise<void>;
}

export interface SourceDefinition<Options extends z.ZodType> {
  /** Strict schema of the hook's options; its `source` is the literal name. */
  readonly options: Options;
  readonly forms: readonly BodyForm[];
  /** A small payload that is right, shown to whoever sent a wrong one. */
  readonly example: unknown;
  read(payload: Payload, options: z.output<Options>, outside: Outside): Reading | Promise<Reading>;
}

export function defineSource<Options extends z.ZodType>(
  definition: SourceDefinition<Options>,
): SourceDefinition<Options> {
  return definition;
}
