// Puts together what the test portal draws with: portals/test/charts.js with its parts of ECharts, as charts.min.js.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";

const portal = join(dirname(fileURLToPath(import.meta.url)), "../portals/test");
const { version } = createRequire(import.meta.url)("echarts/package.json");
const banner = `/*! Parts of Apache ECharts ${version}, Apache License 2.0, https://echarts.apache.org */`;

await build({
  input: join(portal, "charts.js"),
  platform: "browser",
  output: { file: join(portal, "charts.min.js"), format: "esm", minify: true, comments: { legal: true }, banner },
  logLevel: "warn",
});
