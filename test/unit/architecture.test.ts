import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

/*
 * Who may import whom. docs/architecture.md shows the same table; this test holds it.
 */

const source = fileURLToPath(new URL("../../src/", import.meta.url));

interface Rule {
  /** Folders or files of src that may be imported. */
  readonly mayImport: readonly string[];
  /** The same, for types only. */
  readonly mayImportTypes?: readonly string[];
}

const rules: Readonly<Record<string, Rule>> = {
  core: { mayImport: [] },
  triggers: { mayImport: ["core"] },
  "web-driver": { mayImport: ["core"] },
  image: { mayImport: ["core"] },
  destinations: { mayImport: ["core"] },
  rooms: { mayImport: ["core"] },
  store: { mayImport: ["core"] },
  tls: { mayImport: ["core"] },
  pipeline: {
    mayImport: ["core"],
    mayImportTypes: [
      "store/contract",
      "store/pictures/contract",
      "web-driver/contract",
      "image/contract",
      "destinations/contract",
    ],
  },
  config: {
    mayImport: ["core", "destinations/index", "store/options", "triggers/index", "web-driver/allow"],
  },
  http: {
    mayImport: ["core", "triggers/index", "pipeline"],
    mayImportTypes: [
      "store/contract",
      "store/pictures/contract",
      "rooms/contract",
      "tls/certificates",
      "web-driver/contract",
    ],
  },
  cli: {
    mayImport: ["app", "settings", "core", "config", "pipeline/target", "pipeline/dry-run", "tls", "triggers/index"],
    mayImportTypes: ["pipeline", "destinations/contract"],
  },
};

/** Packages that live in one place each. */
const homes: Readonly<Record<string, string | readonly string[]>> = {
  playwright: "web-driver/playwright",
  sharp: "image/",
  express: "http/",
  helmet: "http/",
  undici: "destinations/transport.ts",
  "form-data": "destinations/",
  liquidjs: "core/template.ts",
  croner: "core/cron.ts",
  pino: "core/log.ts",
  "prom-client": "core/metrics.ts",
  yaml: "config/",
  saxes: "config/import/xml.ts",
  commander: "cli/",
  "proxy-chain": "web-driver/",
  "sanitize-html": "rooms/",
  eta: ["rooms/", "http/openapi/page.ts"],
  re2js: "core/pattern.ts",
  pg: "store/",
  "pg-boss": "store/",
  "node-forge": "tls/authority.ts",
  aws4fetch: "store/pictures/s3.ts",
};

interface Import {
  readonly file: string;
  readonly from: string;
  readonly isTypeOnly: boolean;
}

const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
const pattern = /(?:^(?:import|export)\s+(?<type>type\s+)?(?:[^"';]*?\sfrom\s+)?|\bimport\()"(?<from>[^"]+)"/gmu;

const imports = files.flatMap((file) =>
  [...readFileSync(join(source, file), "utf8").matchAll(pattern)].map(({ groups }): Import => ({
    file,
    from: groups?.["from"] ?? "",
    isTypeOnly: groups?.["type"] !== undefined,
  })),
);

const ours = imports
  .filter(({ from }) => from.startsWith("."))
  .map((one) => ({ ...one, target: relative(source, join(source, dirname(one.file), one.from)) }))
  .filter(({ target }) => !target.startsWith(".."));

const isWithin = (target: string, places: readonly string[]): boolean =>
  places.some((place) => target === `${place}.ts` || target.startsWith(`${place}/`));

test("the pattern finds the imports of the files", () => {
  expect(ours.length).toBeGreaterThan(100);
  expect(new Set(ours.map(({ file }) => file.split("/")[0]))).toContain("pipeline");
});

describe.each(Object.entries(rules))("%s", (folder, { mayImport, mayImportTypes = [] }) => {
  test("imports only what the table allows", () => {
    const forbidden = ours
      .filter(({ file }) => file.startsWith(`${folder}/`))
      .filter(({ target }) => !target.startsWith(`${folder}/`))
      .filter(
        ({ target, isTypeOnly }) => !isWithin(target, mayImport) && !(isTypeOnly && isWithin(target, mayImportTypes)),
      );
    expect(forbidden.map(({ file, target }) => `${file} → ${target}`)).toEqual([]);
  });
});

test("every folder of src stands in the table", () => {
  const folders = new Set(files.filter((file) => file.includes("/")).map((file) => file.split("/")[0] ?? ""));
  expect([...folders].toSorted()).toEqual(Object.keys(rules).toSorted());
});

test.each(Object.entries(homes))("the package %s is imported in %s only", (name, home) => {
  const users = imports.filter(({ from }) => from === name || from.startsWith(`${name}/`)).map(({ file }) => file);
  expect(users.filter((file) => ![home].flat().some((place) => file.startsWith(place)))).toEqual([]);
  expect(users.length).toBeGreaterThan(0);
});
