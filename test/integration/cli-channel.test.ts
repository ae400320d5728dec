import { chmod, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { chartbell } from "../support/cli.ts";
import { handledBy, sendAlert, startService, until } from "../support/service.ts";
import { useStage } from "../support/stage.ts";

const stage = useStage();
const file = (): string => join(stage.folder, "chartbell.yaml");
const run = async (...args: readonly string[]) => await chartbell(["channel", ...args], { cwd: stage.folder });
const config = (): string => `# Of the operations team.
channels:
    # Where everybody looks.
    ops:
        kind: hipchat
        host: "${stage.room.url}"   # behind the VPN
        room: "4711"  # the ops room
        notificationToken: env:TOKEN_OF_THE_SERVICE
    lobby: { kind: room, room: Lobby }

routes:
    - match: { rule: "cpu*" }   # all of them
      channels: [ops]
`;

describe("channel list", () => {
  test("shows every channel, tokens masked, without the service's environment", async () => {
    await writeFile(file(), config());
    const { code, stdout } = await run("list");
    expect(code).toBe(0);
    expect(stdout.split("\n").map((line) => line.split(/ {2,}/u))).toEqual([
      ["NAME", "KIND", "ENABLED", "ROOM", "HOST", "TOKEN"],
      ["ops", "hipchat", "true", "4711", stage.room.url, "[secret] env:TOKEN_OF_THE_SERVICE"],
      ["lobby", "room", "true", "Lobby", "-", "-"],
      [""],
    ]);
    const json: unknown = JSON.parse((await run("list", "--json")).stdout);
    expect(json).toMatchObject([
      { name: "ops", kind: "hipchat", enabled: true, room: "4711", notificationToken: "[secret]" },
      { name: "lobby", kind: "room", enabled: true, room: "Lobby" },
    ]);
  });
});

describe("channel set", () => {
  test("changes what was asked for and no other line, and keeps the file's mode and link", async () => {
    const target = join(stage.folder, "real.yaml");
    await writeFile(target, config());
    await chmod(target, 0o640);
    await symlink(target, file());
    const { code, stdout, stderr } = await run(
      "set",
      "ops",
      "--room",
      "4712",
      "--enabled",
      "false",
      "--notify",
      "true",
    );
    expect([code, stderr]).toEqual([0, expect.stringContaining("TOKEN_OF_THE_SERVICE is not set here")]);
    expect(stdout).toContain("room, enabled, notify written");
    expect(await readFile(target, "utf8")).toBe(
      config()
        .replace(`"4711"  # the`, `"4712" # the`)
        .replace("THE_SERVICE\n", "THE_SERVICE\n        enabled: false\n        notify: true\n"),
    );
    expect((await stat(target)).mode & 0o777).toBe(0o640);
    expect((await readdir(stage.folder)).toSorted()).toEqual(["chartbell.yaml", "real.yaml"]);
  });

  test("puts a token into a file of its own; the next one takes its place", async () => {
    await writeFile(file(), config());
    const { stdout } = await run("set", "ops", "--token", "s3cr3t-1", "--message-token", "s3cr3t-m");
    expect(stdout).not.toContain("s3cr3t");
    const secrets = async (): Promise<string[]> =>
      (await readdir(stage.folder)).filter((name) => name.endsWith(".secret")).toSorted();
    const [message, first] = await secrets();
    expect(await readFile(join(stage.folder, first ?? ""), "utf8")).toBe("s3cr3t-1\n");
    expect((await stat(join(stage.folder, first ?? ""))).mode & 0o777).toBe(0o600);
    const text = await readFile(file(), "utf8");
    expect(text).toContain(`notificationToken: file:${first}\n        messageToken: file:${message}\n`);
    await run("set", "ops", "--token", "s3cr3t-2");
    const [, second, ...more] = await secrets();
    expect([second === first, more]).toEqual([false, []]);
    expect(await readFile(join(stage.folder, second ?? ""), "utf8")).toBe("s3cr3t-2\n");
    await run("set", "ops", "--token-env", "OTHER");
    expect(await secrets()).toEqual([message]);
  });

  test("adds a channel, and says what it still needs", async () => {
    const { code, stdout } = await run("set", "ops", "--room", "Ops");
    expect(code).toBe(0);
    expect(stdout).toContain("Only at its next start: rooms.");
    expect(stdout).toContain("No route names ops yet");
    expect(await readFile(file(), "utf8")).toBe(`channels:
  lobby: { kind: room, room: Lobby }
  ops:
    kind: room
    room: Ops
routes:
  - channels: [lobby]
`);
  });

  test.each([
    [
      ["--token", "s3cr3t", "--color", "pink", "--format", "pdf"],
      3,
      /has 2 problems:(?:.|\n)*ops\.color(?:.|\n)*ops\.messageFormat/u,
    ],
    [["--enabled", "maybe"], 2, /--enabled maybe: must be true or false/u],
    [["--token", "s3cr3t", "--token-env", "X"], 2, /not both/u],
    [[], 2, /Say what to change/u],
  ])("%j writes nothing", async (args, exitCode, message) => {
    await writeFile(file(), config());
    const { code, stdout, stderr } = await run("set", "ops", ...args);
    expect([code, stdout]).toEqual([exitCode, ""]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain("s3cr3t");
    expect(await readFile(file(), "utf8")).toBe(config());
    expect(await readdir(stage.folder)).toEqual(["chartbell.yaml"]);
  });

  test("a running service takes it up: nothing is sent to a channel that is not enabled, and that is recorded", async () => {
    const service = await startService(stage.folder, config(), { TOKEN_OF_THE_SERVICE: "t" });
    try {
      const handled = async () => await handledBy(service.url, (await sendAlert(service.url, { rule: "cpu" })) ?? "");
      const inForce = (): number => service.said.filter((line) => line.includes("configuration is in force")).length;
      expect(await handled()).toMatchObject({ deliveries: [{ state: "delivered" }] });
      const sent = stage.room.received.length;

      expect((await run("set", "ops", "--enabled", "false")).code).toBe(0);
      await until("the service takes it up", async () => inForce() === 1);
      expect(await handled()).toMatchObject({
        deliveries: [{ state: "silent", steps: [], text: "Nothing was sent: the channel `ops` is not enabled." }],
      });
      expect(stage.room.received).toHaveLength(sent);

      expect((await run("set", "ops", "--enabled", "true", "--token", "another", "--room", "4713")).code).toBe(0);
      await until("the service takes it up again", async () => inForce() === 2);
      expect(await handled()).toMatchObject({ deliveries: [{ state: "delivered" }] });
      expect(stage.room.received.at(-1)?.url).toContain("/room/4713/");
      expect(stage.room.received.at(-1)?.headers.authorization).toBe("Bearer another");
    } finally {
      await service.end();
    }
  });
});

test("what waits for a channel that is then not enabled becomes a dead letter, and is sent once it is enabled", async () => {
  stage.room.reply = (response) => void response.writeHead(503).end();
  const service = await startService(stage.folder, config(), { TOKEN_OF_THE_SERVICE: "t" });
  try {
    const id = (await sendAlert(service.url, { rule: "cpu" })) ?? "";
    await until("it has been tried", async () => stage.room.received.length > 0);
    await run("set", "ops", "--enabled", "false");
    const { deliveries } = await handledBy(service.url, id);
    expect(deliveries).toMatchObject([{ state: "failed", steps: [{ failure: { code: "channel_disabled" } }] }]);
    stage.room.reply = (response) => void response.writeHead(204).end();
    await run("set", "ops", "--enabled", "true");
    await until(
      "the service takes it up",
      async () => service.said.filter((line) => line.includes("configuration is in force")).length === 2,
    );
    const retried = await fetch(`${service.url}/api/deliveries/retry`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ids: [deliveries[0]?.id] }),
    });
    expect(retried.status).toBe(202);
    await until("it is delivered", async () => (await handledBy(service.url, id)).deliveries[0]?.state === "delivered");
  } finally {
    await service.end();
  }
});

test("nothing can be sent by hand to a channel that is not enabled", async () => {
  await writeFile(file(), config().replace("room: Lobby }", "room: Lobby, enabled: false }"));
  const env = { TOKEN_OF_THE_SERVICE: "t" };
  const { code, stderr } = await chartbell(["send", "--channel", "lobby", "--text", "x"], { cwd: stage.folder, env });
  expect(code).toBe(4);
  expect(stderr).toContain("The channel `lobby` is not enabled.");
});
