import { LineCounter, parseDocument } from "yaml";
import type { Document, ParsedNode } from "yaml";
import { messageOf } from "../core/errors.ts";

/** A YAML text as document and as plain data, or all that is wrong with it, a sentence each. */
export type YamlTree =
  | {
      readonly ok: true;
      readonly document: Document<ParsedNode>;
      readonly tree: unknown;
      readonly lines: LineCounter;
    }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Aliases may stand for others: what they grow to is bounded. */
const aliasesMax = 100;

export function readYaml(text: string): YamlTree {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true });
  if (document.errors.length > 0) {
    return { ok: false, problems: document.errors.map(({ message }) => message.split("\n", 1)[0] ?? "") };
  }
  try {
    const tree: unknown = document.toJS({ maxAliasCount: aliasesMax });
    return { ok: true, document, tree, lines };
  } catch (error) {
    return { ok: false, problems: [messageOf(error)] };
  }
}
