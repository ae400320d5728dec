import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import type { App } from "../app.ts";
import { AppError, systemCodeOf } from "../core/errors.ts";
import { describeVerdict, extensions } from "../core/picture.ts";
import type { MediaType, Picture } from "../core/picture.ts";
import { limits } from "../core/limits.ts";
import { portalTarget, urlTarget } from "../pipeline/target.ts";
import type { Target } from "../pipeline/target.ts";
import type { Shot } from "../pipeline/shoot.ts";
import { configOf, start, withConfig } from "./config-options.ts";
import type { ConfigFlags } from "./config-options.ts";
import { commandLog, formatBytes, formatMs, interruptSignal, printJson, progress, warn } from "./terminal.ts";

interface ShootFlags extends ConfigFlags {
  readonly output?: string;
  readonly param: Readonly<Record<string, string>>;
  readonly format: string;
  readonly json?: boolean;
}

const formats: Readonly<Record<string, MediaType>> = { png: "image/png", webp: "image/webp", jpeg: "image/jpeg" };

const examples = `
Examples:
  chartbell shoot test
  chartbell shoot cpu --param entity=web01 -o cpu.png
  chartbell shoot https://grafana.example.com/d/abc --json`;

/** `chartbell shoot PORTAL|URL…`: pictures into files. */
export function shoot(program: Command): void {
  withConfig(program.command("shoot <portals...>"))
    .description("photograph portals of the configuration, or URLs, into files")
    .option("-o, --output <file>", "file to write (default: NAME.png in this folder)")
    .option("-p, --param <name=value>", "value of a portal's placeholder; may be repeated", collectParam, {})
    .option("--format <format>", "png, webp or jpeg", "png")
    .option("--json", "print what was made as JSON")
    .addHelpText("after", examples)
    .action(async (names: string[], flags: ShootFlags) => {
      const signal = interruptSignal();
      if (flags.output !== undefined && names.length > 1) {
        throw new AppError("usage", "--output names one file, but several pictures were asked for.");
      }
      const loaded = await configOf(flags);
      warn(loaded.warnings);
      await using app = await start(loaded, "command", commandLog());
      const results = [];
      for (const name of names) results.push(await shootOne(app, name, flags, signal));
      if (flags.json === true) printJson(results.length === 1 ? results[0] : results);
    });
}

/** Reads repeated `--param NAME=VALUE` into one record. */
export function collectParam(pair: string, earlier: Readonly<Record<string, string>>): Record<string, string> {
  const mark = pair.indexOf("=");
  if (mark < 1) throw new AppError("usage", `--param ${pair}: must be NAME=VALUE.`);
  return { ...earlier, [pair.slice(0, mark)]: pair.slice(mark + 1) };
}

async function shootOne(app: App, name: string, flags: ShootFlags, signal: AbortSignal) {
  const startedMs = performance.now();
  const target = targetOf(app, name, flags.param);
  progress(`${name}: shooting …`);
  const shot = await app.shooter.shoot(target, signal);
  const picture = await encode(app, shot, flags.format);
  const file = resolve(flags.output ?? join(".", `${fileStem(target)}.${extensions[picture.mediaType]}`));
  await write(file, picture);
  const remark = describeVerdict(shot.verdict);
  const tookMs = performance.now() - startedMs;
  const size = `${picture.width}x${picture.height}, ${formatBytes(picture.bytes.length)}, ${formatMs(tookMs)}`;
  progress(`${name}: ${file} (${size})${remark === undefined ? "" : ` ${remark}`}`);
  const { width, height, mediaType, hash } = picture;
  const { verdict, timings } = shot;
  return { target: name, file, bytes: picture.bytes.length, width, height, mediaType, hash, verdict, timings, tookMs };
}

function targetOf(app: App, name: string, params: Readonly<Record<string, string>>): Target {
  if (!/^https?:/iu.test(name)) return portalTarget(app.settings.current.portals, name, params, { strict: true });
  if (Object.keys(params).length > 0) throw new AppError("usage", "--param belongs to a portal, not to a URL.");
  return urlTarget(name, {}, true);
}

function fileStem({ name, title }: Target): string {
  return (name === "url" ? title : name).replace(/[^\w.-]+/gu, "-");
}

async function encode(app: App, shot: Shot, format: string): Promise<Picture> {
  const mediaType = Object.hasOwn(formats, format) ? formats[format] : undefined;
  if (mediaType === undefined) throw new AppError("usage", `--format ${format}: must be png, webp or jpeg.`);
  if (mediaType === "image/png") return await app.shooter.original(shot);
  return await app.shooter.fit(shot, {
    bytesMax: limits.pictureBytesMax,
    pixelsMax: limits.picturePixelsMax,
    sideMax: 16_383,
    mediaTypes: [mediaType],
  });
}

/** Writes a picture; throws delivery_write_failed. */
export async function write(file: string, picture: Pick<Picture, "bytes">): Promise<void> {
  try {
    await writeFile(file, picture.bytes);
  } catch (cause) {
    throw new AppError("delivery_write_failed", `${file} could not be written (${systemCodeOf(cause)}).`, { cause });
  }
}
