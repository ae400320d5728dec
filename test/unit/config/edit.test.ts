import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { withChannel } from "../../../src/config/edit.ts";
import { replaceFile, writeSecretFile } from "../../../src/config/write.ts";

describe("a channel in the text", () => {
  test.each<[what: string, text: string, changes: Record<string, string | boolean>, expected: string]>([
    [
      "a value is changed where it stands",
      "# a\nchannels:\n  ops: { kind: room,   room: A }   # b\n  other: {kind: room, room: B}   # c\n",
      { room: "Z" },
      "# a\nchannels:\n  ops: { kind: room, room: Z } # b\n  other: {kind: room, room: B}   # c\n",
    ],
    [
      "comments, empty lines and another indent stay",
      "\n\nserver: {}   # s\n\n\nchannels:\n    # first\n    ops:\n        kind: room  # k\n        room: A\n\n\n    # second\n    b: {kind: room,room: B}\n\n\nroutes:\n- channels: [ops]   # r\n",
      { enabled: false },
      "\n\nserver: {}   # s\n\n\nchannels:\n    # first\n    ops:\n        kind: room  # k\n        room: A\n        enabled: false\n\n    # second\n    b: {kind: room,room: B}\n\n\nroutes:\n- channels: [ops]   # r\n",
    ],
    [
      "text that looks like a number is quoted",
      "channels:\n  ops:\n    room: 4711\n",
      { room: "4712" },
      'channels:\n  ops:\n    room: "4712"\n',
    ],
    [
      "a channel is added",
      "channels:\n  b: { room: B }\n",
      { room: "A" },
      "channels:\n  b: { room: B }\n  ops:\n    room: A\n",
    ],
    ["channels are added", "routes: []\n", { room: "A" }, "routes: []\nchannels:\n  ops:\n    room: A\n"],
    [
      "an empty section is filled",
      "channels:\nroutes: []\n",
      { room: "A" },
      "channels:\n  ops:\n    room: A\nroutes: []\n",
    ],
    ["an empty file is filled", "", { room: "A" }, "channels:\n  ops:\n    room: A\n"],
    [
      "what is merged in is overridden",
      "x: &x { kind: room, room: A }\nchannels:\n  ops:\n    <<: *x\n",
      { room: "B" },
      "x: &x { kind: room, room: A }\nchannels:\n  ops:\n    <<: *x\n    room: B\n",
    ],
  ])("%s", (_what, text, changes, expected) => {
    const result = withChannel(text, "ops", changes);
    expect(result).toBe(expected);
    expect(parse(result, { merge: true })).toMatchObject({ channels: { ops: changes } });
  });

  test.each([
    ["channels: { ops: *x }\n", /no YAML/u],
    ["x: &x {}\nchannels: { ops: *x }\n", /channels\.ops is an alias/u],
    ["channels: [a]\n", /channels is no map/u],
    ["channels: { ops: text }\n", /channels\.ops is no map/u],
  ])("%j cannot be changed by a program", (text, message) => {
    expect(() => withChannel(text, "ops", { room: "A" })).toThrow(message);
  });
});

describe("a file", () => {
  test("is replaced whole, or left alone when it is not what was read", async () => {
    const folder = await mkdtemp(join(tmpdir(), "chartbell-edit-"));
    try {
      const file = join(folder, "a.yaml");
      await replaceFile(file, "one", { expected: undefined });
      await expect(replaceFile(file, "two", { expected: "other" })).rejects.toMatchObject({ code: "config_changed" });
      await expect(replaceFile(file, "two", { expected: undefined })).rejects.toMatchObject({ code: "config_changed" });
      expect(await readFile(file, "utf8")).toBe("one");
      await replaceFile(file, "two", { expected: "one" });
      expect(await readFile(file, "utf8")).toBe("two");
      await writeSecretFile(join(folder, "a.secret"), "s", file);
      expect((await stat(join(folder, "a.secret"))).mode & 0o777).toBe(0o600);
      await writeFile(join(folder, "file"), "");
      await expect(replaceFile(join(folder, "file", "x"), "", { expected: undefined })).rejects.toMatchObject({
        code: "file_unwritable",
      });
      expect((await readdir(folder)).toSorted()).toEqual(["a.secret", "a.yaml", "file"]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
