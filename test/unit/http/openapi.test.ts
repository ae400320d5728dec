import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, test } from "vitest";
import { bodies } from "../../../src/http/openapi/bodies.ts";
import { calls } from "../../../src/http/openapi/calls.ts";
import { openApiDocument } from "../../../src/http/openapi/document.ts";
import { documentPage } from "../../../src/http/openapi/page.ts";

/* The description of the API by itself; test/integration/openapi.test.ts holds it against a running service. */

const document = openApiDocument("1.2.3");

test("it is a valid OpenAPI 3.1 document", async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone({ ...document }));
  expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
  expect(validator.version).toBe("3.1");
});

test("every reference leads somewhere, and every schema is referred to", () => {
  const text = JSON.stringify(document);
  const referred = new Set(
    [...text.matchAll(/"#\/components\/schemas\/(?<name>\w+)"/gu)].map((one) => one.groups?.["name"]),
  );
  const { components } = document as { components: { schemas: Record<string, unknown> } };
  expect(referred).toEqual(new Set(Object.keys(components.schemas)));
});

describe.each(calls.filter(({ body }) => body?.schema !== undefined))("$method $path", ({ body }) => {
  test.each(Object.entries(body?.examples ?? {}))("its example `%s` is right", (_name, example) => {
    const schema = body?.schema === undefined ? undefined : bodies[body.schema];
    expect(schema?.safeParse(example).error?.issues).toBeUndefined();
  });
});

describe("the page", () => {
  const page = documentPage(document, "/docs/page.css?v=1");

  test("shows every call with a command to try", () => {
    for (const { path, summary } of calls) {
      expect(page).toContain(`<code>${path}</code>`);
      expect(page).toContain(summary.replaceAll("'", "&#39;"));
    }
    expect(page.match(/<code>curl /gu)).toHaveLength(calls.length);
  });

  test("tells the fields of a body, with those inside others", () => {
    const rows = ["rule", "links[].url", "alerts[].rule", "viewport.width", "deliveries[].steps[].status"];
    for (const row of rows) expect(page).toContain(`<code>${row}</code>`);
  });

  test("shows what is code as code", () => {
    expect(page).toContain("<dd>Bad Request: <code>request_invalid</code>");
    expect(page.replace(/<pre[\s\S]*?<\/pre>/gu, "")).not.toMatch(/`\w/u);
  });

  test("has nothing that the content security policy forbids", () => {
    expect(page).not.toMatch(/<script|<style|\sstyle=|\son\w+=|(?:src|href)="(?:https?:)?\/\//iu);
  });
});
