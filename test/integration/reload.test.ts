import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { useStage } from "../support/stage.ts";
import { handledBy, sendAlert, startService, until } from "../support/service.ts";
import type { Service } from "../support/service.ts";

/* `chartbell serve` while its configuration changes. */

const stage = useStage();
let service: Service;
beforeEach(async () => {
  service = await startService(stage.folder, config("first"));
});
afterEach(async () => await service.end());

const config = (name: string, more = ""): string => `
channels: { ops: { kind: hipchat, host: "${stage.room.url}", room: ${name}, notificationToken: env:TOKEN } }
routes: [{ channels: [ops] }]
${more}`;
const file = (): string => join(stage.folder, "chartbell.yaml");
const said = async (words: string): Promise<string> => {
  await until(`it says ${words}`, async () => service.said.some((line) => line.includes(words)));
  return service.said.findLast((line) => line.includes(words)) ?? "";
};
const roomOf = async (rule: string): Promise<string | undefined> => {
  const id = await sendAlert(service.url, { rule });
  await handledBy(service.url, id ?? "");
  return /\/room\/(?<name>[^/]+)\//u.exec(stage.room.received.at(-1)?.url ?? "")?.groups?.["name"];
};

test("a changed file is in force at once, and a message that is on its way goes where it was going", async () => {
  const isHeld = Promise.withResolvers<void>();
  const mayGo = Promise.withResolvers<void>();
  stage.room.reply = (response) => {
    isHeld.resolve();
    void mayGo.promise.then(() => response.writeHead(204).end());
  };
  const held = await sendAlert(service.url, { rule: "held" });
  await isHeld.promise;
  // As an editor does it: another file in its place.
  await writeFile(`${file()}.new`, config("second"));
  await rename(`${file()}.new`, file());
  await said("The changed configuration is in force.");
  stage.room.reply = (response) => void response.writeHead(204).end();
  mayGo.resolve();
  const { deliveries } = await handledBy(service.url, held ?? "");
  expect(deliveries[0]?.steps).toMatchObject([{ status: "delivered", attempts: 1 }]);
  expect(await roomOf("next")).toBe("second");
});

test("a bad file changes nothing, and says why; a good one after it does", async () => {
  await writeFile(file(), "channels: { ops: { kind: hipchat, hoost: x } }\n");
  expect(await said("is not taken up")).toContain("hoost");
  expect(await roomOf("still")).toBe("first");
  await writeFile(file(), config("third"));
  await said("The changed configuration is in force.");
  expect(await roomOf("again")).toBe("third");
});

test("what needs a restart is named, and the rest is in force; SIGHUP asks for it too", async () => {
  await writeFile(file(), config("fourth", "browser: { concurrency: 7 }\nrooms: { names: [Another] }"));
  expect(JSON.parse(await said("wait for a restart"))).toMatchObject({ sections: ["browser", "rooms"] });
  expect(await roomOf("now")).toBe("fourth");
  const count = (): number => service.said.filter((line) => line.includes("configuration is in force")).length;
  const before = count();
  process.kill(service.pid, "SIGHUP");
  await until("it reads the file again", async () => count() > before);
});
