import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Command } from "commander";
import type { FoundConfig, LoadedConfig, LoadOptions } from "../config/load.ts";
import { AppError } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import { parseInput } from "../core/input.ts";
import { Name } from "../core/name.ts";
import { withConfig } from "./config-options.ts";
import type { ConfigFlags } from "./config-options.ts";
import { readText } from "./input.ts";
import { print, printJson, table, warn } from "./terminal.ts";

const listExamples = `
Examples:
  chartbell channel list
  chartbell channel list --config /etc/chartbell.yaml --json`;

const setExamples = `
Examples:
  chartbell channel set ops --enabled false
  chartbell channel set ops --kind hipchat --host https://hipchat.example.com --room 4711 --token-env HIPCHAT_TOKEN
  chartbell channel set ops --room 4712 --notify true --color red
  pass show hipchat | chartbell channel set ops --token -       the token is kept in a file of its own

The file keeps its comments and its order. The whole configuration is checked first; a wrong change writes nothing.
A running \`chartbell serve\` with this file takes the change up by itself.`;

/** `chartbell channel list` and `chartbell channel set NAME`. */
export function channel(program: Command): void {
  const command = program
    .command("channel")
    .description("list the channels, or change one in the configuration file")
    .addHelpText("after", `${listExamples}\n${setExamples.slice(setExamples.indexOf("  chartbell"))}`);
  withConfig(command.command("list"))
    .description("list the channels of the configuration, tokens masked")
    .option("--json", "print the channels as JSON")
    .addHelpText("after", listExamples)
    .action(list);
  withConfig(command.command("set <name>"))
    .description("change a channel in the configuration file, or add one")
    .option("--kind <kind>", "hipchat or room; default for a new channel: hipchat with --host or a token, else room")
    .option("--room <room>", "room by id or name")
    .option("--host <url>", "address of the HipChat server")
    .option(
      "--token <token>",
      "token for texts (scope send_notification), kept in a file of its own; - reads it from standard input",
    )
    .option("--token-env <variable>", "environment variable of the service that holds the token for texts")
    .option("--message-token <token>", "token for pictures (scope send_message), kept in a file of its own; - as above")
    .option("--message-token-env <variable>", "environment variable that holds the token for pictures")
    .option("--enabled <boolean>", "true or false; false sends nothing")
    .option("--notify <when>", "sound: true, false or auto")
    .option("--color <color>", "yellow, green, red, purple, gray or auto")
    .option("--from <label>", "sender's label")
    .option("--format <format>", "html or text")
    .option("--json", "print what was done as JSON")
    .addHelpText("after", setExamples)
    .action(set);
}

interface ListFlags extends ConfigFlags {
  readonly json?: boolean;
}

async function list(flags: ListFlags): Promise<void> {
  const { findConfig, parseConfig } = await import("../config/load.ts");
  const { maskedConfig } = await import("../config/show.ts");
  const { writtenOption } = await import("../config/edit.ts");
  const options = leniently(flags, new Set());
  const { text, file } = findConfig(options);
  const loaded = parseConfig(text, { ...options, file });
  if (flags.json === true) {
    const masked = maskedConfig({ ...loaded, config: loaded.config });
    printJson(channelsOf(masked));
    return;
  }
  const rows = Object.entries(loaded.config.channels).map(([name, one]) => {
    const tokens = tokenKeys.flatMap((key) => {
      const written = writtenOption(text, name, key);
      return written === undefined ? [] : [`[secret] ${written}`];
    });
    const room = one.kind === "directory" ? one.path : one.kind === "hipchat" ? (one.room ?? one.user ?? "") : one.room;
    const host = one.kind === "hipchat" ? one.host : "-";
    return [name, one.kind, String(one.enabled), room, host, tokens.join(", ") || "-"];
  });
  print(
    rows.length === 0 ? "There are no channels." : table(["NAME", "KIND", "ENABLED", "ROOM", "HOST", "TOKEN"], rows),
  );
}

function channelsOf(masked: unknown): readonly unknown[] {
  const channels = isRecord(masked) && isRecord(masked["channels"]) ? masked["channels"] : {};
  return Object.entries(channels).map(([name, options]) => ({ name, ...(isRecord(options) ? options : {}) }));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Variables that the service has and this shell lacks are noted, not refused. */
function leniently(flags: ConfigFlags, missing: Set<string>): LoadOptions {
  return {
    file: flags.config,
    flags: {},
    env: process.env,
    cwd: process.cwd(),
    onMissingEnv: (name) => missing.add(name),
  };
}

interface SetFlags extends ConfigFlags {
  readonly kind?: string;
  readonly room?: string;
  readonly host?: string;
  readonly token?: string;
  readonly tokenEnv?: string;
  readonly messageToken?: string;
  readonly messageTokenEnv?: string;
  readonly enabled?: string;
  readonly notify?: string;
  readonly color?: string;
  readonly from?: string;
  readonly format?: string;
  readonly json?: boolean;
}

const tokenKeys = ["notificationToken", "messageToken"] as const;
type TokenKey = (typeof tokenKeys)[number];

async function set(name: string, flags: SetFlags): Promise<void> {
  parseInput(Name, name);
  const { findConfig } = await import("../config/load.ts");
  const missing = new Set<string>();
  const options = leniently(flags, missing);
  const found = findConfig(options);
  const before = await parsedOrUndefined(found, options);
  const files = await tokenFiles(name, flags);
  const plain = optionsOf(flags, before?.config.channels[name]?.kind);
  const changed = Object.keys(plain).filter((key) => plain[key as keyof typeof plain] !== undefined);
  if (changed.length + files.length === 0) throw new AppError("usage", "Say what to change: --enabled, --room, …");
  const after = await write(name, { found, options, plain, files });
  warn([...missing].map((one) => `environment variable ${one} is not set here; the service must have it`));
  const { restartNeeds } = await import("../settings.ts");
  const restart = before === undefined ? [] : restartNeeds(before.config, after.config);
  const isRouted = after.config.routes.some(({ channels }) => channels.includes(name));
  const done = {
    file: found.path,
    channel: name,
    changed: [...changed, ...files.map(({ key }) => key)],
    tokenFiles: files.map(({ file }) => join(dirname(found.path), file)),
    restart,
    isRouted,
  };
  if (flags.json === true) printJson(done);
  else print(inWords(done));
}

interface Done {
  readonly file: string;
  readonly channel: string;
  readonly changed: readonly string[];
  readonly tokenFiles: readonly string[];
  readonly restart: readonly string[];
  readonly isRouted: boolean;
}

function inWords({ file, channel: name, changed, tokenFiles: files, restart, isRouted }: Done): string {
  return [
    `${file}: channel ${name}: ${changed.join(", ")} written.`,
    ...files.map((one) => `The token is in ${one}, which its owner alone can read; the configuration refers to it.`),
    "A running `chartbell serve` with this file takes it up by itself.",
    ...(restart.length === 0 ? [] : [`Only at its next start: ${restart.join(", ")}.`]),
    ...(isRouted ? [] : [`No route names ${name} yet: add it to the channels of a route.`]),
  ].join("\n");
}

async function parsedOrUndefined({ text, file }: FoundConfig, options: LoadOptions): Promise<LoadedConfig | undefined> {
  const { parseConfig } = await import("../config/load.ts");
  try {
    return parseConfig(text, { ...options, file });
  } catch {
    // What is wrong now may be what this change mends; the changed text is checked.
    return undefined;
  }
}

/** A token given on the command line, and the file beside the configuration that is to hold it. */
interface TokenFile {
  readonly key: TokenKey;
  readonly token: string;
  readonly file: string;
}

/** Another name each time: the service sees that the configuration has changed, and reads the new token. */
async function tokenFiles(name: string, { token, messageToken }: SetFlags): Promise<readonly TokenFile[]> {
  if (token === "-" && messageToken === "-") throw new AppError("usage", "Standard input holds one token, not two.");
  const given: readonly (readonly [TokenKey, string | undefined])[] = [
    ["notificationToken", token],
    ["messageToken", messageToken],
  ];
  const files: TokenFile[] = [];
  for (const [key, value] of given) {
    if (value === undefined) continue;
    const text = (value === "-" ? await readText("-", limits.secretBytesMax) : value).trim();
    if (text === "") throw new AppError("usage", "The token is empty.");
    files.push({ key, token: text, file: `chartbell-${name}-${key}-${randomBytes(4).toString("hex")}.secret` });
  }
  return files;
}

function optionsOf(flags: SetFlags, kindNow: string | undefined) {
  const { token, tokenEnv, messageToken, messageTokenEnv } = flags;
  if (
    (token ?? tokenEnv) !== (tokenEnv ?? token) ||
    (messageToken ?? messageTokenEnv) !== (messageTokenEnv ?? messageToken)
  ) {
    throw new AppError("usage", "Give a token or the variable that holds it, not both.");
  }
  const hasToken = [token, tokenEnv, messageToken, messageTokenEnv].some((one) => one !== undefined);
  const kind =
    flags.kind ?? (kindNow === undefined ? (flags.host !== undefined || hasToken ? "hipchat" : "room") : undefined);
  return {
    kind,
    host: flags.host,
    room: flags.room,
    notificationToken: tokenEnv === undefined ? undefined : `env:${tokenEnv}`,
    messageToken: messageTokenEnv === undefined ? undefined : `env:${messageTokenEnv}`,
    enabled: booleanOf("enabled", flags.enabled),
    notify: flags.notify === "auto" ? "auto" : booleanOf("notify", flags.notify),
    color: flags.color,
    from: flags.from,
    messageFormat: flags.format,
  };
}

function booleanOf(flag: string, value: string | undefined): boolean | undefined {
  if (value === undefined) return undefined;
  if (value === "true" || value === "false") return value === "true";
  throw new AppError("usage", `--${flag} ${value}: must be true or false${flag === "notify" ? ", or auto" : ""}.`);
}

interface Change {
  readonly found: FoundConfig;
  readonly options: LoadOptions;
  readonly plain: ReturnType<typeof optionsOf>;
  readonly files: readonly TokenFile[];
}

/** Checks the whole of the changed configuration, then writes it, tokens first; an earlier token file of ours goes away. */
async function write(name: string, { found, options, plain, files }: Change): Promise<LoadedConfig> {
  const { parseConfig } = await import("../config/load.ts");
  const { withChannel, writtenOption } = await import("../config/edit.ts");
  const { replaceFile, writeSecretFile } = await import("../config/write.ts");
  const referring = (reference: (file: TokenFile, index: number) => string): string =>
    withChannel(found.text, name, {
      ...plain,
      ...Object.fromEntries(files.map((file, index) => [file.key, reference(file, index)])),
    });
  const standIns = Object.fromEntries(files.map(({ token }, index) => [`CHARTBELL_NEW_TOKEN_${index}`, token]));
  const after = parseConfig(
    referring((_file, index) => `env:CHARTBELL_NEW_TOKEN_${index}`),
    { ...options, env: { ...options.env, ...standIns }, file: found.path },
  );
  const folder = dirname(found.path);
  const written = files.map(({ file }) => join(folder, file));
  try {
    for (const { file, token } of files) await writeSecretFile(join(folder, file), token, found.path);
    const expected = found.file === undefined ? undefined : found.text;
    await replaceFile(
      found.path,
      referring(({ file }) => `file:${file}`),
      { expected },
    );
  } catch (error) {
    for (const file of written) await rm(file, { force: true });
    throw error;
  }
  for (const key of tokenKeys) {
    const old = /^file:(?<file>.+)$/u.exec(writtenOption(found.text, name, key) ?? "")?.groups?.["file"] ?? "";
    const isReplaced = plain[key] !== undefined || files.some((file) => file.key === key);
    if (isReplaced && basename(old) === old && old.startsWith(`chartbell-${name}-${key}-`) && old.endsWith(".secret")) {
      await rm(join(folder, old), { force: true });
    }
  }
  return after;
}
