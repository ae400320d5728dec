// Makes dist, the published form: TypeScript compiled by tsc, and the files that pages are made of beside it.
import { spawnSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");

rmSync(dist, { recursive: true, force: true });
const { status } = spawnSync("tsc", ["-p", "src/tsconfig.json"], { cwd: root, stdio: "inherit" });
if (status !== 0) process.exit(1);
for (const folder of ["src", "portals"]) {
  const isAsset = (path) => !path.endsWith(".ts") && !path.endsWith("tsconfig.json");
  cpSync(join(root, folder), join(dist, folder), { recursive: true, filter: isAsset });
}
