import { createHash, timingSafeEqual } from "node:crypto";
import { inspect } from "node:util";
import { z } from "zod";

const mask = "[secret]";

/**
 * A token or password. Whatever prints it (string, JSON, inspect, a template) prints a mask; only `reveal()` gives the
 * value, so that a search for `reveal(` lists every place where a secret leaves the program.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }
  reveal(): string {
    return this.#value;
  }
  /** Whether `candidate` is this secret; takes the same time wherever they differ. */
  matches(candidate: string): boolean {
    return timingSafeEqual(digest(candidate), digest(this.#value));
  }
  toString(): string {
    return mask;
  }
  toJSON(): string {
    return mask;
  }
  [inspect.custom](): string {
    return mask;
  }
}

function digest(value: string): Buffer {
  return createHash("sha256").update(value).digest();
}

/** A configuration field that holds a secret; the loader has already replaced `env:NAME` and `file:PATH` by the value. */
export const SecretField = z.instanceof(Secret, {
  error: "must be a reference, env:NAME or file:PATH; secrets never stand in the file itself",
});
