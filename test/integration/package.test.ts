import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { chartbell } from "../support/cli.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

test("the published form photographs its test portal from a folder like ~/.npm", async () => {
  await promisify(execFile)(process.execPath, [join(root, ".ci/build.mjs")]);
  const home = await mkdtemp(join(tmpdir(), "chartbell-package-"));
  try {
    const modules = join(home, ".npm", "node_modules");
    const { dependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
      dependencies: Readonly<Record<string, string>>;
    };
    for (const name of Object.keys(dependencies)) {
      await mkdir(dirname(join(modules, name)), { recursive: true });
      // Served from where it lies; the others are only loaded.
      if (name === "uplot") await cp(join(root, "node_modules", name), join(modules, name), { recursive: true });
      else await symlink(join(root, "node_modules", name), join(modules, name));
    }
    const own = join(modules, "chartbell");
    for (const part of ["dist", "package.json"]) await cp(join(root, part), join(own, part), { recursive: true });

    const program = join(own, "dist/src/cli/main.js");
    const { code, stdout, stderr } = await chartbell(["test-portal", "--json"], { cwd: home, program });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(JSON.parse(stdout)).toMatchObject({ portal: "test", verdict: { kind: "ready" } });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
