import { SaxesParser } from "saxes";
import { messageOf } from "../../core/errors.ts";
import { limits } from "../../core/limits.ts";
import { importInvalid } from "./imported.ts";

/** An element of an XML file: what is needed of files that other systems export. */
export interface Element {
  readonly name: string;
  readonly children: readonly Element[];
  /** Its own text, trimmed. */
  readonly text: string;
}

interface OpenElement {
  readonly name: string;
  readonly children: Element[];
  text: string;
}

/**
 * The root element. Throws import_invalid for what is not well-formed, for a document type (entities of one's own come with
 * it, and references to other files), and beyond limits.xmlElementsMax and limits.xmlDepthMax.
 */
export function readXml(text: string): Element {
  const parser = new SaxesParser();
  const open: OpenElement[] = [{ name: "", children: [], text: "" }];
  let count = 0;
  const refuse = (problem: string): never => {
    throw importInvalid(`line ${parser.line}: ${problem}.`);
  };
  parser.on("error", (error) =>
    refuse(
      messageOf(error)
        .replace(/^\d+:\d+: /u, "")
        .replace(/\.$/u, ""),
    ),
  );
  parser.on("doctype", () => refuse("a document type is not read; remove it"));
  parser.on("opentag", ({ name }) => {
    if (++count > limits.xmlElementsMax) refuse(`more than ${limits.xmlElementsMax} elements`);
    if (open.length > limits.xmlDepthMax) refuse(`elements nested deeper than ${limits.xmlDepthMax} levels`);
    open.push({ name, children: [], text: "" });
  });
  const addText = (more: string): void => {
    const current = open.at(-1);
    if (current !== undefined) current.text += more;
  };
  parser.on("text", addText);
  parser.on("cdata", addText);
  parser.on("closetag", () => {
    const closed = open.pop();
    if (closed !== undefined) open.at(-1)?.children.push({ ...closed, text: closed.text.trim() });
  });
  parser.write(text.replace(/^\u{FEFF}/u, "")).close();
  const [root] = open[0]?.children ?? [];
  return root ?? refuse("there is no element");
}

/** All elements of a name, at any depth, in the order of the file. */
export function elementsNamed(element: Element, name: string): readonly Element[] {
  return [
    ...(element.name === name ? [element] : []),
    ...element.children.flatMap((child) => elementsNamed(child, name)),
  ];
}

export function childrenNamed({ children }: Element, name: string): readonly Element[] {
  return children.filter((child) => child.name === name);
}

/** The text of the first child of a name; empty when there is none. */
export function childText(element: Element, name: string): string {
  return childrenNamed(element, name)[0]?.text ?? "";
}
