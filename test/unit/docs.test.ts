import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { generatedDocs, renewed } from "../../.ci/docs.ts";
import { parseConfig } from "../../src/config/load.ts";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

test.each(Object.entries(generatedDocs()))(
  "%s is what the code says; `node .ci/docs.ts` renews it",
  (path, generated) => {
    expect(read(path)).toBe(renewed(path, generated));
  },
);

test.each([
  "README.md",
  "docs/configuration.md",
  "docs/in-code.md",
  "docs/sources.md",
  "docs/routes.md",
  "docs/moving-in.md",
])("every YAML example of %s is a valid configuration", (path) => {
  const examples = [...read(path).matchAll(/```yaml\n(?<yaml>[\s\S]*?)```/gu)].map(
    ({ groups }) => groups?.["yaml"] ?? "",
  );
  const names = examples.join("\n").matchAll(/env:(\w+)/gu);
  const env = Object.fromEntries([...names].map(([, name]) => [name, "value"]));
  expect(examples.length).toBeGreaterThan(0);
  for (const yaml of examples) parseConfig(yaml, { file: undefined, flags: {}, env, cwd: "/" });
});
