import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

/** What a program says on standard error that logs one event through a child. */
function logged(pretty: boolean): string {
  const log = new URL("../../../src/core/log.ts", import.meta.url).href;
  const program = `
    import { createLog } from "${log}";
    const log = createLog({ level: "info", pretty: ${pretty} });
    log.child({ alertId: "a-1" }).warn({ channel: "ops", token: "s3cr3t" }, "Delivery waits.");
    log.debug("Not shown.");
  `;
  return spawnSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" }).stderr;
}

test("an event is one line of JSON with its time, its level, its facts and those of the child", () => {
  const line: unknown = JSON.parse(logged(false));
  expect(line).toEqual({
    level: 40,
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/u),
    alertId: "a-1",
    channel: "ops",
    token: "[secret]",
    msg: "Delivery waits.",
  });
});

test("for people it is one line, too, with the same facts", () => {
  const [line, ...more] = logged(true).trimEnd().split("\n");
  expect(line).toMatch(
    /^\[[\d:.]+\] .*WARN.*: .*Delivery waits\..*"alertId":"a-1","channel":"ops","token":"\[secret\]"/u,
  );
  expect(more).toEqual([]);
});
