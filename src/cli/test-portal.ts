import { resolve } from "node:path";
import type { Command } from "commander";
import { parseInput } from "../core/input.ts";
import { describeVerdict } from "../core/picture.ts";
import { portalTarget } from "../pipeline/target.ts";
import { helloTo, TestWish } from "../triggers/index.ts";
import { configOf, start, withConfig } from "./config-options.ts";
import type { ConfigFlags } from "./config-options.ts";
import { post, printDelivery, throwFailure } from "./outcome.ts";
import { collectParam, write } from "./shoot.ts";
import { commandLog, formatBytes, formatMs, interruptSignal, print, printJson, progress, warn } from "./terminal.ts";

interface TestFlags extends ConfigFlags {
  readonly channel?: string;
  readonly portal: string;
  readonly output: string;
  readonly param: Readonly<Record<string, string>>;
  readonly json?: boolean;
}

const examples = `
Examples:
  chartbell test-portal                       photograph the built-in test portal into test_screenshot.png
  chartbell test-portal --channel ops         post a hello and the screenshot to the channel
  chartbell test-portal --portal cpu --param entity=web01 --channel ops`;

/** `chartbell test-portal`: ATSD's Test and Send Screenshot, for one portal and one channel. */
export function testPortal(program: Command): void {
  withConfig(program.command("test-portal"))
    .description("photograph the test portal; with --channel, post it there after a hello")
    .option("--channel <name>", "channel of the configuration to post to")
    .option("--portal <name>", "portal to photograph", "test")
    .option("-p, --param <name=value>", "value of the portal's placeholder; may be repeated", collectParam, {})
    .option("-o, --output <file>", "file to write when no channel is named", "test_screenshot.png")
    .option("--json", "print what became of it as JSON")
    .addHelpText("after", examples)
    .action(async (flags: TestFlags) => {
      const loaded = await configOf(flags);
      warn(loaded.warnings);
      await (flags.channel === undefined ? toFile(loaded, flags) : toChannel(loaded, flags, flags.channel));
    });
}

type Loaded = Awaited<ReturnType<typeof configOf>>;

async function toFile(loaded: Loaded, { portal, param, output, json }: TestFlags): Promise<void> {
  const startedMs = performance.now();
  await using app = await start(loaded, "command", commandLog());
  progress(`${portal}: shooting …`);
  const target = portalTarget(app.settings.current.portals, portal, param, { strict: true });
  const shot = await app.shooter.shoot(target, interruptSignal());
  const picture = await app.shooter.original(shot);
  const file = resolve(output);
  await write(file, picture);
  const { width, height, bytes } = picture;
  const tookMs = performance.now() - startedMs;
  if (json === true) {
    printJson({
      portal,
      file,
      bytes: bytes.length,
      width,
      height,
      verdict: shot.verdict,
      timings: shot.timings,
      tookMs,
    });
    return;
  }
  const remark = describeVerdict(shot.verdict) ?? "Everything was ready.";
  print(`${file}: ${width}x${height}, ${formatBytes(bytes.length)}, ${formatMs(tookMs)}. ${remark}`);
}

async function toChannel(loaded: Loaded, { portal, param, json }: TestFlags, channel: string): Promise<void> {
  const { input, plan } = helloTo(channel, parseInput(TestWish, { portal, params: param }));
  await using app = await start(loaded, "command", commandLog());
  progress(`${channel}: posting a hello and a picture of ${portal} …`);
  const delivery = await post(app, input, plan);
  if (json === true) printJson(delivery);
  else printDelivery(delivery);
  throwFailure(delivery);
}
