import { isDeepStrictEqual } from "node:util";
import { isAlias, isMap, isScalar } from "yaml";
import type { Document, ParsedNode, ToStringOptions } from "yaml";
import { AppError } from "../core/errors.ts";
import { readYaml } from "./yaml-tree.ts";

/** Changes to the text of a configuration that leave its comments, its order and everything else as they are. */

/** Options of a channel by key; undefined leaves one as it is. */
export type ChannelChanges = Readonly<Record<string, string | boolean | undefined>>;

/** The text with options of a channel changed, or a channel added. Throws config_invalid where it cannot be changed so. */
export function withChannel(text: string, name: string, changes: ChannelChanges): string {
  const document = parsed(text);
  const style = styleOf(text);
  for (const path of [["channels"], ["channels", name]]) {
    const node: unknown = document.getIn(path, true);
    if (node === undefined || (isScalar(node) && node.value === null)) document.setIn(path, document.createNode({}));
    else if (!isMap(node)) throw notEditable(path, isAlias(node) ? "is an alias" : "is no map");
  }
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  for (const [key, value] of given) document.setIn(["channels", name, key], value);
  return withoutTouching(text, parsed(text).toString(style), document.toString(style));
}

/**
 * The changed text, in which everything before the first and after the last changed line is as it was: the writer aligns
 * comments and brackets its own way, and leaves out empty lines. `same` is the unchanged text in the writer's way.
 */
function withoutTouching(text: string, same: string, changed: string): string {
  const [old, before, after] = [filledLines(text), filledLines(same), filledLines(changed)];
  if (old.at.length !== before.at.length) return changed;
  const shorter = Math.min(before.at.length, after.at.length);
  let head = 0;
  while (head < shorter && lineAt(before, head) === lineAt(after, head)) head++;
  let tail = 0;
  while (tail < shorter - head && lineAt(before, -1 - tail) === lineAt(after, -1 - tail)) tail++;
  const [oldFrom, oldTo] = middleOf(old, head, tail);
  const result = [
    ...old.lines.slice(0, oldFrom),
    ...after.lines.slice(...middleOf(after, head, tail)),
    ...old.lines.slice(oldTo),
  ].join("\n");
  return isDeepStrictEqual(parsed(result).toJS(), parsed(changed).toJS()) ? result : changed;
}

interface FilledLines {
  readonly lines: readonly string[];
  /** Where the lines are that are not empty. */
  readonly at: readonly number[];
}

function filledLines(text: string): FilledLines {
  const lines = text.split("\n");
  return { lines, at: [...lines.keys()].filter((index) => lines[index]?.trim() !== "") };
}

function lineAt({ lines, at }: FilledLines, place: number): string | undefined {
  return lines[at.at(place) ?? -1];
}

/** The lines after the first `head` and before the last `tail` filled ones. */
function middleOf({ lines, at }: FilledLines, head: number, tail: number): [from: number, to: number] {
  return [head === 0 ? 0 : (at[head - 1] ?? 0) + 1, tail === 0 ? lines.length : (at.at(-tail) ?? lines.length)];
}

/** How an option of a channel is written in the text: `env:HIPCHAT_TOKEN` for a secret. */
export function writtenOption(text: string, channel: string, key: string): string | undefined {
  const value: unknown = parsed(text).getIn(["channels", channel, key]);
  return typeof value === "string" ? value : undefined;
}

function parsed(text: string): Document<ParsedNode> {
  const yaml = readYaml(text);
  if (yaml.ok) return yaml.document;
  throw new AppError("config_invalid", `The configuration is no YAML: ${yaml.problems[0] ?? ""}`);
}

function notEditable(path: readonly string[], why: string): AppError {
  return new AppError("config_invalid", `${path.join(".")} ${why}; it can be changed by hand only.`);
}

/** The way of writing in which the unchanged text differs least from what it is. */
function styleOf(text: string): ToStringOptions {
  const lines = new Set(text.split("\n"));
  const styles = [2, 4].flatMap((indent) =>
    [true, false].flatMap((indentSeq) =>
      [true, false].map((flowCollectionPadding) => ({ indent, indentSeq, flowCollectionPadding, lineWidth: 0 })),
    ),
  );
  const changed = (style: ToStringOptions): number =>
    parsed(text)
      .toString(style)
      .split("\n")
      .filter((line) => !lines.has(line)).length;
  const ranked = styles.map((style) => ({ style, changes: changed(style) })).toSorted((a, b) => a.changes - b.changes);
  return ranked[0]?.style ?? { lineWidth: 0 };
}
