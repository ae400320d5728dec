import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const suite = (name: string, timeoutMs: number) => ({
  extends: true as const,
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    // What is waited for comes at once on an idle machine; how fast, no test says.
    expect: { poll: { timeout: timeoutMs / 2 } },
  },
});

export default defineConfig({
  test: {
    root: fileURLToPath(new URL("..", import.meta.url)),
    maxWorkers: 2,
    fileParallelism: true,
    projects: [
      suite("unit", 10_000),
      suite("conformance", 20_000),
      suite("integration", 60_000),
      suite("fault", 60_000),
    ],
  },
});
