import { STATUS_CODES } from "node:http";
import { z } from "zod";
import { errorCodes } from "../../core/errors.ts";
import type { ErrorCode } from "../../core/errors.ts";
import { answers } from "./answers.ts";
import { bodies } from "./bodies.ts";
import { calls } from "./calls.ts";
import type { Call } from "./call.ts";

/* The OpenAPI 3.1 document of the API, made from the list of calls and the schemas that check bodies. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

export function openApiDocument(version: string): JsonObject {
  const paths: Record<string, Record<string, Json>> = {};
  for (const call of calls) paths[call.path] = { ...paths[call.path], [call.method]: operationOf(call) };
  return {
    openapi: "3.1.1",
    info: {
      title: "Chartbell",
      version,
      summary: "Alerts in, texts and pictures of charts out.",
      description:
        "Chartbell's own API. The HipChat-compatible one, under /v1 and /v2, is described in docs/hipchat-api.md. " +
        "On loopback no token is needed until one is configured.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    tags: [...new Set(calls.map(({ group }) => group))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "A token of server.tokens." },
        password: { type: "http", scheme: "basic", description: "For hooks: any user name, the token as password." },
      },
      schemas: { ...schemasOf(bodies, "input"), ...schemasOf(answers, "output") },
    },
  };
}

function operationOf(call: Call): JsonObject {
  const { method, path, group, summary, about, body, access } = call;
  const security: Json =
    access === "open" ? [] : access === "hook" ? [{ token: [] }, { password: [] }, {}] : [{ token: [] }, {}];
  return {
    operationId: operationId(method, path),
    tags: [group],
    summary,
    ...(about === undefined ? {} : { description: about }),
    security,
    ...parametersOf(call),
    ...(body === undefined ? {} : { requestBody: { required: true, content: contentOf(body) } }),
    responses: { [String(call.answer.status)]: answerOf(call), ...problemsOf(call) },
  };
}

/** `post /api/deliveries/{id}/retry` → `postDeliveriesIdRetry` */
function operationId(method: string, path: string): string {
  const words = path.split(/[^a-z\d]+/iu).filter((word) => word !== "" && word !== "api");
  return method + words.map((word) => `${word[0]?.toUpperCase() ?? ""}${word.slice(1)}`).join("");
}

function parametersOf({ parameters = {}, headers = {}, query }: Call): JsonObject {
  const text = { type: "string" };
  const inPath = Object.entries(parameters).map(([name, description]) => ({
    name,
    in: "path",
    required: true,
    description,
    schema: text,
  }));
  const inHeader = Object.entries(headers).map(([name, description]) => ({
    name,
    in: "header",
    description,
    schema: text,
  }));
  const schema = query === undefined ? {} : plainSchema(query, "input");
  const inQuery = Object.entries(isObject(schema["properties"]) ? schema["properties"] : {}).map(([name, one]) => ({
    name,
    in: "query",
    schema: one,
  }));
  const all = [...inPath, ...inHeader, ...inQuery];
  return all.length === 0 ? {} : { parameters: all };
}

function contentOf({ schema, mediaTypes, examples }: NonNullable<Call["body"]>): JsonObject {
  const typeOf = (example: unknown): string => (typeof example === "string" ? "text/plain" : "application/json");
  const shown = (type: string): JsonObject => {
    const own = Object.entries(examples).filter(([, example]) => typeOf(example) === type);
    return own.length === 0
      ? {}
      : { examples: Object.fromEntries(own.map(([name, value]) => [name, { value: toJson(value) }])) };
  };
  const entries = mediaTypes.map((type) => [
    type,
    {
      ...(schema === undefined ? {} : { schema: { $ref: `#/components/schemas/${schema}` } }),
      ...shown(type),
    },
  ]);
  return Object.fromEntries(entries);
}

function answerOf({ answer }: Call): JsonObject {
  const { about, schema, mediaTypes = ["application/json"], headers = {} } = answer;
  const body = schema === undefined ? {} : { schema: { $ref: `#/components/schemas/${schema}` } };
  const shown = Object.entries(headers).map(([name, description]) => [
    name,
    { description, schema: { type: "string" } },
  ]);
  return {
    description: about,
    ...(shown.length === 0 ? {} : { headers: Object.fromEntries(shown) }),
    content: Object.fromEntries(mediaTypes.map((type) => [type, body])),
  };
}

/** Codes that any call may be answered with. */
const common: readonly ErrorCode[] = ["host_forbidden"];

/** One answer for each status, which names its codes. */
function problemsOf({ errors, access }: Call): JsonObject {
  const guarded = ["unauthorized", "token_forbidden"] as const;
  const codes = [...errors, ...common, ...(access === "open" ? [] : guarded)];
  const statuses = [...new Set(codes.map((code) => errorCodes[code].status))].toSorted((a, b) => a - b);
  const entries = statuses.map((status) => {
    const named = codes.filter((code) => errorCodes[code].status === status).map((code) => `\`${code}\``);
    const description = `${STATUS_CODES[status] ?? "Problem"}: ${named.join(", ")}.`;
    const content = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };
    return [String(status), { description, content }];
  });
  return Object.fromEntries(entries);
}

type Way = "input" | "output";

/** Schemas that refer to each other by their names. */
function schemasOf(named: Readonly<Record<string, z.ZodType>>, io: Way): JsonObject {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { ...options(io), uri: (id) => `#/components/schemas/${id}` });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, bare(schema)]));
}

function plainSchema(schema: z.ZodType, io: Way): JsonObject {
  return bare(z.toJSONSchema(schema, options(io)));
}

function options(io: Way) {
  return {
    io,
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      const { def } = zodSchema._zod;
      // What is brought into another case before it is checked is shown as it is after that.
      if (io === "input" && def.type === "pipe" && "in" in def && "out" in def && isTransform(def.in)) {
        Object.assign(jsonSchema, plainSchema(def.out as z.ZodType, io));
      }
      // The format says the same, readably.
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
      // Answers may get more fields.
      if (io === "output" && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  } as const satisfies z.core.ToJSONSchemaParams;
}

function isTransform(schema: unknown): boolean {
  return schema instanceof z.ZodTransform;
}

/** Without what says which document it is. */
function bare(schema: unknown): JsonObject {
  const json = toJson(schema);
  if (!isObject(json)) return {};
  const { $id: _id, $schema: _dialect, ...rest } = json;
  return rest;
}

function toJson(value: unknown): Json {
  const json: Json = JSON.parse(JSON.stringify(value));
  return json;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
