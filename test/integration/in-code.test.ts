import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createChartbell } from "../../src/index.ts";
import type { Chartbell } from "../../src/index.ts";
import { loadCode } from "../../src/config/code.ts";
import { handled, historyOf, postJson, startTestApp } from "../support/app.ts";
import { startService, until } from "../support/service.ts";

/* The operator's own code in a running service: the examples of docs/in-code.md, as they stand there. */

const root = fileURLToPath(new URL("../../", import.meta.url));
let folder: string;
let examples: Readonly<Record<string, string>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "chartbell-code-"));
  const text = await readFile(join(root, "docs/in-code.md"), "utf8");
  const found = text.matchAll(/<!-- example: (?<name>\w+) -->\n\n```ts\n(?<code>[\s\S]*?)```/gu);
  examples = Object.fromEntries([...found].map(({ groups }) => [groups?.["name"] ?? "", groups?.["code"] ?? ""]));
  await writeFile(join(folder, "chartbell.hooks.ts"), examples["hooks"] ?? "");
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

const yaml = (code: string): string => `
code: ${join(folder, code)}
channels: { ops: { kind: room, room: Operations }, night: { kind: room, room: Night } }
routes: [{ channels: [ops], portals: [test], open: { text: "\${rule} as configured" } }]
`;

const shown = ({ deliveries }: Awaited<ReturnType<typeof handled>>) =>
  deliveries.map(({ channel, state, text, shots }) => ({ channel, state, text, pictures: shots.length }));

describe("the file of the documentation", () => {
  test("decides who, what and how, and what it leaves open is as configured", async () => {
    await using app = await startTestApp(yaml("chartbell.hooks.ts"));
    expect(shown(await handled(app, { rule: "cpu" }))).toMatchObject([
      { channel: "ops", text: "cpu as configured", pictures: 1 },
    ]);
    expect(shown(await handled(app, { rule: "cpu", entity: "test-1" }))).toEqual([]);

    const disk = { rule: "disk_full", entity: "a<b", fields: { left: "3 %", team: "Blue" }, portals: [] };
    expect(shown(await handled(app, disk))).toMatchObject([
      { state: "delivered", text: "a&lt;b has 3 % of space left." },
    ]);
    const said = (await historyOf(app, "Operations")).at(-1);
    expect(said).toMatchObject({ from: "Blue", color: "purple", message: "a&lt;b has 3 % of space left." });
  });

  test("reaches a person through a channel's server", async () => {
    await using app = await startTestApp(yaml("chartbell.hooks.ts"));
    const alert = { rule: "cpu", tags: { tier: "database" }, portals: [] };
    expect(shown(await handled(app, alert))).toMatchObject([
      { channel: "night", state: "delivered" },
      { channel: "ops/user/dba@example.com", state: "delivered" },
    ]);
    expect(await historyOf(app, "Operations")).toEqual([]);
    expect(await historyOf(app, "Night")).toMatchObject([{ message: "cpu as configured" }]);
  });
});

test("an empty text sends nothing at all, and that is recorded", async () => {
  await writeFile(join(folder, "silent.js"), 'export const message = () => "";\n');
  await using app = await startTestApp(yaml("silent.js"));
  expect(shown(await handled(app, { rule: "cpu" }))).toEqual([
    { channel: "ops", state: "silent", text: "", pictures: 0 },
  ]);
  expect(await historyOf(app, "Operations")).toEqual([]);
});

test("a fault in the code costs no alert: the configured text goes, with what failed", async () => {
  await writeFile(join(folder, "broken.ts"), 'export const message = (): string => { throw new Error("no team"); };\n');
  await using app = await startTestApp(yaml("broken.ts"));
  const text = "cpu as configured (The code&#39;s `message` failed: no team)";
  expect(shown(await handled(app, { rule: "cpu" }))).toMatchObject([{ state: "delivered", text, pictures: 1 }]);
  expect((await historyOf(app, "Operations"))[0]?.message).toBe(text);
});

test.each([
  ["none.ts", undefined, /cannot be read \(ENOENT\)/u],
  ["syntax.ts", "export const message = (;", /cannot be loaded/u],
  ["empty.ts", "export const answer = 5;", /exports none of recipients, message, extra/u],
  ["misspelt.ts", "export const recipient = () => [];", /`recipient` that nobody asks/u],
])("%s is refused at the start", async (name, text, message) => {
  if (text !== undefined) await writeFile(join(folder, name), text);
  await expect(loadCode(join(folder, name))).rejects.toMatchObject({
    code: "code_unusable",
    message: expect.stringMatching(message),
  });
});

test("a changed file is taken up while the service runs; a broken one is not", async () => {
  const home = await mkdtemp(join(tmpdir(), "chartbell-code-reload-"));
  const file = join(home, "hooks.ts");
  await writeFile(file, 'export const message = () => "one";\n');
  const service = await startService(
    home,
    "code: ./hooks.ts\nchannels: { ops: { kind: room, room: Ops } }\nroutes: [{ channels: [ops] }]\n",
  );
  const says = async (): Promise<string> => {
    const app = { localUrl: service.url } as Parameters<typeof postJson>[0];
    const { body } = await postJson(app, "/api/alerts", { rule: "r" });
    const [{ id } = { id: "" }] = body["alerts"] as { id: string }[];
    let text = "";
    await until("the alert is handled", async () => {
      const found = (await (await fetch(`${service.url}/api/alerts/${id}`)).json()) as {
        state: string;
        deliveries: { text: string }[];
      };
      text = found.deliveries[0]?.text ?? "";
      return found.state === "handled";
    });
    return text;
  };
  const hasSaid = (line: string) => async (): Promise<boolean> => service.said.some((one) => one.includes(line));
  try {
    expect(await says()).toBe("one");
    await writeFile(file, "export const message = (;\n");
    await until("the broken file is told", hasSaid("is not taken up"));
    expect(await says()).toBe("one");
    await writeFile(file, 'export const message = () => "two";\n');
    await until("the mended file is told", hasSaid("is in force"));
    expect(await says()).toBe("two");
  } finally {
    await service.end();
    await rm(home, { recursive: true, force: true });
  }
});

describe("Chartbell in a program", () => {
  const inFolder = (): Chartbell =>
    createChartbell({
      config: {
        server: { listen: "127.0.0.1:0" },
        channels: { lobby: { kind: "room", room: "Lobby" } },
        routes: [{ channels: ["lobby"] }],
      },
      folder,
      log: "silent",
      hooks: { extra: () => ({ color: "green" }) },
    });

  test("accepts, handles and is started again on the same data", async () => {
    const chartbell = inFolder();
    expect(() => chartbell.url).toThrow("is not started");
    await chartbell.start();
    const [one, two] = await chartbell.accept([{ rule: "a" }, { rule: "b" }], "key");
    expect(await chartbell.outcome(two?.id ?? "")).toMatchObject({
      state: "handled",
      deliveries: [{ state: "delivered" }],
    });
    await expect(chartbell.accept({ rule: "" })).rejects.toMatchObject({ code: "request_invalid" });
    await chartbell.stop();
    await expect(chartbell.accept({ rule: "a" })).rejects.toMatchObject({ code: "usage" });

    await chartbell.start();
    expect(await chartbell.accept([{ rule: "a" }, { rule: "b" }], "key")).toEqual([
      { id: one?.id, duplicate: true },
      { id: two?.id, duplicate: true },
    ]);
    await chartbell.stop();
  });

  test("says what is wrong with its configuration, and may be started after that", async () => {
    const wrong = createChartbell({ config: { chanels: {} }, folder, log: "silent" });
    await expect(wrong.start()).rejects.toMatchObject({
      code: "config_invalid",
      message: expect.stringContaining("chanels"),
    });
    await wrong.stop();
  });
});

describe("the published package", () => {
  let program: string;

  beforeAll(async () => {
    const built = spawnSync(process.execPath, [join(root, ".ci/build.mjs")], { cwd: root, encoding: "utf8" });
    if (built.status !== 0) throw new Error(built.stderr + built.stdout);
    program = await mkdtemp(join(tmpdir(), "chartbell-package-"));
    await mkdir(join(program, "node_modules"));
    await symlink(root, join(program, "node_modules/chartbell"));
    await writeFile(join(program, "package.json"), '{ "type": "module" }');
    for (const [name, code] of Object.entries(examples)) await writeFile(join(program, `${name}.ts`), code);
  });
  afterAll(async () => await rm(program, { recursive: true, force: true }));

  test("has types that the examples of the documentation fit", () => {
    const lib = ["--lib", "es2023,esnext.disposable"];
    const strict = ["--strict", "--noEmit", "--skipLibCheck", "--module", "nodenext", "--target", "es2023"];
    const types = ["--typeRoots", join(root, "node_modules/@types"), "--types", "node"];
    const { stdout } = spawnSync("tsc", [...strict, ...lib, ...types, "hooks.ts", "program.ts"], {
      cwd: program,
      encoding: "utf8",
    });
    expect(stdout).toBe("");
  });

  test("runs the program of the documentation", () => {
    const { stdout, stderr } = spawnSync(process.execPath, ["program.ts"], { cwd: program, encoding: "utf8" });
    expect({ stdout, stderr }).toEqual({ stdout: "delivered <b>first &amp; only</b> says hello\n", stderr: "" });
  });
});
