import { expect, test } from "vitest";
import { importFrom } from "../../../../src/config/import/index.ts";

test("the maps of HipChatStatusPush become channels and builders, the token a reference", () => {
  const { yaml, variables } = importFrom(
    "buildbot",
    JSON.stringify({
      endpoint: "https://hipchat.example.com",
      auth_token: "s3cr3t",
      builder_room_map: { runtests: 4711, docs: 4711 },
      builder_user_map: { runtests: "bob@example.com" },
    }),
  );
  expect(yaml).not.toContain("s3cr3t");
  expect(yaml).toContain("user-bob-example.com:\n    kind: hipchat\n");
  expect(yaml).toContain(
    "builders:\n      runtests:\n        channels:\n          - user-bob-example.com\n          - room-4711\n      docs:\n        channels:\n          - room-4711\n",
  );
  expect(variables).toEqual({ CHARTBELL_BUILDBOT_TOKEN: "auth_token of HipChatStatusPush" });
});

test.each([
  ["{", /The file is not JSON/u],
  ["{}", /Neither of the maps names a builder/u],
  ['{"builder_room_map": {"a": []}}', /builder_room_map\.a/u],
  ['{"builders": {}}', /Unrecognized key/u],
])("%s is refused", (text, message) => {
  expect(() => importFrom("buildbot", text)).toThrow(message);
});
