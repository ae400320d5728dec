import { defineConfig } from "@playwright/test";
import { findBrowser } from "./src/web-driver/executable.ts";

const { executable } = await findBrowser(process.env["CHARTBELL_BROWSER"]);

/** The pages that people see, in a real browser: test/e2e. */
export default defineConfig({
  testDir: "test/e2e",
  outputDir: "test-results/e2e",
  workers: 1,
  timeout: 60_000,
  forbidOnly: process.env["CI"] !== undefined,
  use: {
    launchOptions: {
      executablePath: executable,
      chromiumSandbox: process.getuid?.() !== 0,
    },
  },
});
