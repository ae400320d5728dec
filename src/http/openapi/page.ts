import { fileURLToPath } from "node:url";
import { Eta } from "eta";
import { escapeHtml } from "../../core/text.ts";
import { calls } from "./calls.ts";
import type { Call } from "./call.ts";
import { isObject } from "./document.ts";
import type { Json } from "./document.ts";

/* The same document as a page for people, without a script and without anything from elsewhere. */

interface FieldView {
  readonly name: string;
  readonly type: string;
  readonly about: string;
  readonly isRequired: boolean;
}

interface AnswerView {
  readonly status: string;
  readonly about: string;
  readonly fields: readonly FieldView[];
}

interface CallView extends Pick<Call, "path" | "summary" | "access"> {
  readonly id: string;
  readonly method: string;
  readonly about: string | undefined;
  readonly parameters: readonly FieldView[];
  readonly body: readonly FieldView[];
  readonly examples: readonly { readonly name: string; readonly text: string }[];
  readonly answers: readonly AnswerView[];
  readonly curl: string;
}

/** The page of an OpenAPI document as `openApiDocument` makes it. */
export function documentPage(document: Json, stylePath: string): string {
  const eta = new Eta({
    views: fileURLToPath(new URL(".", import.meta.url)),
    escapeFunction: (value) => escapeHtml(String(value)),
  });
  const groups = [...new Set(calls.map(({ group }) => group))].map((name) => ({
    name,
    calls: calls.filter(({ group }) => group === name).map((call) => viewOf(call, document)),
  }));
  return eta.render("./page", { prose, stylePath, version: textAt(document, ["info", "version"]), groups });
}

function viewOf(call: Call, document: Json): CallView {
  const { method, path, summary, about, access, body } = call;
  const operation = at(document, ["paths", path, method]);
  const schemaOf = (content: Json | undefined): Json | undefined =>
    isObject(content) ? at(Object.values(content)[0], ["schema"]) : undefined;
  const responses = at(operation, ["responses"]);
  return {
    id: textAt(operation, ["operationId"]),
    method: method.toUpperCase(),
    path,
    summary,
    about,
    access,
    parameters: parametersOf(at(operation, ["parameters"])),
    body: fieldsOf(schemaOf(at(operation, ["requestBody", "content"])), document),
    examples: Object.entries(body?.examples ?? {}).map(([name, value]) => ({
      name,
      text: typeof value === "string" ? value : JSON.stringify(value, undefined, 2),
    })),
    answers: (isObject(responses) ? Object.entries(responses) : []).map(([status, answer]) => ({
      status,
      about: textAt(answer, ["description"]),
      fields: status.startsWith("2") ? fieldsOf(schemaOf(at(answer, ["content"])), document) : [],
    })),
    curl: curlOf(call),
  };
}

/** Text of the document as HTML: what stands in backticks is code. */
function prose(text: string): string {
  return escapeHtml(text).replace(/`(?<code>[^`]+)`/gu, "<code>$<code></code>");
}

function parametersOf(parameters: Json | undefined): readonly FieldView[] {
  return (Array.isArray(parameters) ? parameters : []).map((one: Json) => ({
    name: textAt(one, ["name"]),
    type: `${textAt(one, ["in"])}: ${typeOf(at(one, ["schema"]))}`,
    about: textAt(one, ["description"]),
    isRequired: at(one, ["required"]) === true,
  }));
}

/** The fields of a schema, those within others after them; of alternatives the fields of each, once. */
function fieldsOf(schema: Json | undefined, document: Json, prefix = ""): readonly FieldView[] {
  const resolved = resolve(schema, document);
  const alternatives = [...list(resolved, "anyOf"), ...list(resolved, "oneOf")];
  if (alternatives.length > 0) {
    const all = alternatives.flatMap((one) => fieldsOf(one, document, prefix));
    return all.filter(({ name }, index) => all.findIndex((other) => other.name === name) === index);
  }
  const items = at(resolved, ["items"]);
  if (items !== undefined) return fieldsOf(items, document, `${prefix.replace(/\.$/u, "")}[].`);
  const properties = at(resolved, ["properties"]);
  if (!isObject(properties)) return [];
  const required = list(resolved, "required");
  return Object.entries(properties).flatMap(([key, child]) => {
    const own = resolve(child, document);
    const about = textAt(child, ["description"]) || textAt(own, ["description"]);
    const name = `${prefix}${key}`;
    const byDefault = at(own, ["default"]);
    const isPlain = typeof byDefault === "string" || typeof byDefault === "number" || typeof byDefault === "boolean";
    const remark = isPlain && byDefault !== "" ? ` Default: ${byDefault}.` : "";
    const field = { name, type: typeOf(own), about: `${about}${remark}`.trim(), isRequired: required.includes(key) };
    return [field, ...fieldsOf(own, document, `${name}.`)];
  });
}

function resolve(schema: Json | undefined, document: Json): Json | undefined {
  const reference = textAt(schema, ["$ref"]);
  return reference === "" ? schema : at(document, reference.replace("#/", "").split("/"));
}

function typeOf(schema: Json | undefined): string {
  const constant = at(schema, ["const"]);
  if (constant !== undefined) return JSON.stringify(constant);
  const values = list(schema, "enum");
  if (values.length > 0) return values.map(String).join(", ");
  const alternatives = [...list(schema, "anyOf"), ...list(schema, "oneOf")];
  if (alternatives.length > 0) return [...new Set(alternatives.map(typeOf))].join(" or ");
  const type = textAt(schema, ["type"]) || "anything";
  const items = at(schema, ["items"]);
  if (type === "array" && items !== undefined) return `list of ${typeOf(items)}`;
  const most = at(schema, ["maxLength"]) ?? at(schema, ["maximum"]);
  const least = at(schema, ["minimum"]);
  const range = typeof most === "number" && most < Number.MAX_SAFE_INTEGER ? ` ≤ ${most}` : "";
  const from = typeof least === "number" && least > 0 ? ` ≥ ${least}` : "";
  return `${textAt(schema, ["format"]) || type}${from}${range}`;
}

/** A command that can be tried in a shell; the first example is its body. */
function curlOf({ method, path, access, body }: Call): string {
  const [example] = Object.values(body?.examples ?? {});
  const named = path.replace(/\{(?<name>\w+)\}/gu, (_all, name: string) => `$${name.toUpperCase()}`);
  const address = `"$CHARTBELL${path === "/hooks/{name}" ? "/hooks/alertmanager" : named}"`;
  return [
    `curl ${method === "post" ? "-X POST " : ""}${address}`,
    ...(access === "open" ? [] : ['-H "Authorization: Bearer $TOKEN"']),
    ...(body === undefined
      ? []
      : ["-H 'Content-Type: application/json'", `-d '${JSON.stringify(example).replaceAll("'", String.raw`'\''`)}'`]),
    ...(path === "/api/shots" || path.startsWith("/api/pictures/") ? ["-o picture.png"] : []),
  ].join(" \\\n  ");
}

function at(value: Json | undefined, path: readonly string[]): Json | undefined {
  let found = value;
  for (const key of path) found = isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  return found;
}

function textAt(value: Json | undefined, path: readonly string[]): string {
  const found = at(value, path);
  return typeof found === "string" ? found : "";
}

function list(value: Json | undefined, key: string): readonly Json[] {
  const found = at(value, [key]);
  return Array.isArray(found) ? found : [];
}
