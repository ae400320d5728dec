#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { AppError, exitCodes } from "../core/errors.ts";
import { packageVersion } from "../core/version.ts";
import { channel } from "./channel.ts";
import { check } from "./check.ts";
import { config } from "./config.ts";
import { deliveries, retry } from "./deliveries.ts";
import { demo } from "./demo.ts";
import { rooms } from "./rooms.ts";
import { route } from "./route.ts";
import { schedules } from "./schedules.ts";
import { send } from "./send.ts";
import { serve } from "./serve.ts";
import { shoot } from "./shoot.ts";
import { importConfig } from "./import.ts";
import { reportError } from "./terminal.ts";
import { testPortal } from "./test-portal.ts";
import { tls } from "./tls.ts";
import { windows } from "./windows.ts";

const codesHelp = `
Exit codes: 0 done, 1 unexpected fault, ${Object.entries(exitCodes)
  .map(([kind, code]) => `${code} ${kind}`)
  .join(", ")}`;

async function main(argv: readonly string[]): Promise<number> {
  const program = new Command("chartbell")
    .description("photographs the chart behind an alert and posts text and picture to the room where people talk")
    .version(packageVersion())
    .exitOverride()
    .addHelpText("after", codesHelp);
  for (const add of [
    demo,
    serve,
    testPortal,
    shoot,
    send,
    route,
    channel,
    rooms,
    schedules,
    windows,
    deliveries,
    retry,
    check,
    config,
    importConfig,
    tls,
  ])
    add(program);
  for (const command of program.commands) command.exitOverride().hook("preAction", refuseOldNode);
  try {
    await program.parseAsync([...argv]);
    return 0;
  } catch (error) {
    // Commander has already said what was wrong; help and version end with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
    return reportError(error);
  }
}

/** Says in one sentence what would otherwise be a strange error from deep inside a package. */
function refuseOldNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 19)) return;
  throw new AppError("node_too_old", `Chartbell needs Node >= 22.19; this is ${process.versions.node}.`);
}

process.exitCode = await main(process.argv);
