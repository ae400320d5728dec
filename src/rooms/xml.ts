import { escapeHtml } from "../core/text.ts";
import type { ApiAnswer } from "./contract.ts";

/*
 * API v1's other format (`format=xml`): the same answer, its one key as the root, entries of a list named by the list's
 * singular.
 */

/** A JSON answer as XML; any other answer as it is. */
export function xmlAnswer(answer: ApiAnswer): ApiAnswer {
  if (answer.headers["content-type"] !== "application/json") return answer;
  const value: unknown = JSON.parse(String(answer.body));
  const body = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n${content(value)}\n`;
  return { ...answer, headers: { ...answer.headers, "content-type": "application/xml; charset=utf-8" }, body };
}

function element(name: string, value: unknown): string {
  const inner = Array.isArray(value)
    ? value.map((entry) => element(/^\w+s$/u.test(name) ? name.slice(0, -1) : "item", entry)).join("")
    : content(value);
  return inner === "" ? `<${name}/>` : `<${name}>${inner}</${name}>`;
}

function content(value: unknown): string {
  if (typeof value === "object" && value !== null) {
    // Keys such as `url@2x` cannot be the name of an element.
    return Object.entries(value)
      .filter(([name]) => /^[a-z_]\w*$/iu.test(name))
      .map(([name, inner]) => element(name, inner))
      .join("");
  }
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return "";
  return escapeHtml(String(value).replace(notXml, ""));
}

/** Characters that XML 1.0 does not have (2.2). */
const notXml = /(?![\t\n\r])\p{Cc}|\p{Surrogate}|[\ufffe\uffff]/gu;
