import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isMap, isScalar } from "yaml";
import type { Document, LineCounter } from "yaml";
import { AppError, systemCodeOf } from "../core/errors.ts";
import { formatPath } from "../core/input.ts";
import { limits } from "../core/limits.ts";
import { roomSource } from "../core/room.ts";
import { channelWarnings } from "../destinations/index.ts";
import type { HookOptions } from "../triggers/index.ts";
import { configError, problemsOf, unknownNames } from "./problems.ts";
import type { Problem } from "./problems.ts";
import { resolveReferences } from "./references.ts";
import { routeProblems, routeWarnings } from "./routes.ts";
import { scheduleProblems, scheduleWarnings } from "./schedules.ts";
import { Config } from "./schema.ts";
import { readYaml } from "./yaml-tree.ts";

/** What overrides the file, by flag or environment variable. */
export interface Overrides {
  readonly listen?: string | undefined;
  readonly dataDir?: string | undefined;
}

export interface LoadOptions {
  /** Path from --config; undefined: chartbell.yaml in the working folder, if it is there. */
  readonly file: string | undefined;
  readonly flags: Overrides;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** For commands that only look at the file: variables that this shell lacks are told here, and are no problems. */
  readonly onMissingEnv?: (name: string) => void;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Folder that relative paths start from. */
  readonly baseDir: string;
  /** Path of the file, or undefined when the built-in defaults are in force. */
  readonly file: string | undefined;
  /** What the file held when it was read. */
  readonly text: string;
  readonly warnings: readonly string[];
  /** Where the value at a path came from: `chartbell.yaml:12`, `env CHARTBELL_LISTEN`, `flag --listen`, `default`. */
  originOf(path: readonly PropertyKey[]): string;
}

interface Override {
  readonly path: readonly string[];
  readonly origin: string;
  readonly value: string;
}

const defaultFile = "chartbell.yaml";

/** In force when there is no file: alerts go, as text, to a room of the built-in server. */
const withoutFile = `channels:
  lobby: { kind: room, room: Lobby }
routes:
  - channels: [lobby]
`;

/**
 * The configuration: defaults < file < environment < flags. Throws config_unreadable, or config_invalid with every problem
 * of the file at once.
 */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const { file, text } = findConfig(options);
  return parseConfig(text, { ...options, file });
}

export interface FoundConfig {
  /** Undefined when there is no file and the built-in text is in force. */
  readonly file: string | undefined;
  readonly text: string;
  /** Where the file is, or would be. */
  readonly path: string;
}

/** The text of the configuration, unread. Throws config_unreadable. */
export function findConfig({ file: flag, env, cwd }: LoadOptions): FoundConfig {
  const named = flag ?? env["CHARTBELL_CONFIG"];
  const path = resolve(cwd, named ?? defaultFile);
  const isThere = named !== undefined || existsSync(path);
  return isThere ? { file: path, text: readConfigFile(path), path } : { file: undefined, text: withoutFile, path };
}

function readConfigFile(file: string): string {
  try {
    const text = readFileSync(file, "utf8");
    if (text.length <= limits.configBytesMax) return text;
  } catch (cause) {
    throw new AppError("config_unreadable", `${file} cannot be read (${systemCodeOf(cause)}).`, { cause });
  }
  throw new AppError("config_unreadable", `${file} is larger than ${limits.configBytesMax} bytes.`);
}

/** Parses and checks the text of a configuration file. */
export function parseConfig(text: string, options: LoadOptions): LoadedConfig {
  const { file } = options;
  const label = file === undefined ? "The built-in configuration" : file;
  const yaml = readYaml(text);
  if (!yaml.ok) {
    const problems = yaml.problems.map((message) => ({ path: [], message }));
    throw configError(label, problems, () => "");
  }
  const { document, lines } = yaml;
  const lineOf = (path: readonly PropertyKey[]): number | undefined => lineAt(document, lines, path);
  const where = (path: readonly PropertyKey[]): string => {
    const line = lineOf(path);
    return line === undefined ? "" : `line ${line}: `;
  };
  const baseDir = file === undefined ? options.cwd : dirname(file);
  const overrides = overridesOf(options);
  const tree = withOverrides(yaml.tree, overrides);
  const problems: Problem[] = [];
  const resolved = resolveReferences(tree, { env: options.env, baseDir, onMissingEnv: options.onMissingEnv }, problems);
  const parsed = Config.safeParse(resolved);
  problems.push(...(parsed.success ? crossProblems(parsed.data) : problemsOf(parsed.error)));
  if (!parsed.success || problems.length > 0) throw configError(label, problems, where);
  const originOf = (path: readonly PropertyKey[]): string => {
    const override = overrides.find((one) => formatPath(one.path) === formatPath(path));
    if (override !== undefined) return override.origin;
    const line = lineOf(path);
    return line === undefined ? "default" : `${file ?? "built-in"}:${line}`;
  };
  return { config: parsed.data, baseDir, file, text, warnings: warningsOf(parsed.data), originOf };
}

function overridesOf({ flags, env }: LoadOptions): Override[] {
  const candidates = [
    { path: ["server", "listen"], flag: flags.listen, flagName: "--listen", variable: "CHARTBELL_LISTEN" },
    { path: ["server", "publicUrl"], flag: undefined, flagName: "", variable: "CHARTBELL_PUBLIC_URL" },
    { path: ["store", "dataDir"], flag: flags.dataDir, flagName: "--data-dir", variable: "CHARTBELL_DATA_DIR" },
    { path: ["browser", "executable"], flag: undefined, flagName: "", variable: "CHARTBELL_BROWSER" },
  ];
  return candidates.flatMap(({ path, flag, flagName, variable }) => {
    if (flag !== undefined) return [{ path, origin: `flag ${flagName}`, value: flag }];
    const value = env[variable];
    return value === undefined || value === "" ? [] : [{ path, origin: `env ${variable}`, value }];
  });
}

/** The tree with one level of sections and their overridden keys; anything that is no map is left for the schema to refuse. */
function withOverrides(tree: unknown, overrides: readonly Override[]): unknown {
  const root = tree ?? {};
  if (!isPlainObject(root)) return root;
  const copy: Record<string, unknown> = { ...root };
  for (const { path, value } of overrides) {
    const [section, key] = path;
    if (section === undefined || key === undefined) continue;
    const current = copy[section] ?? {};
    if (isPlainObject(current)) copy[section] = { ...current, [key]: value };
  }
  return copy;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The line of the value at a path, or of the nearest thing above it that the file has. */
function lineAt(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | undefined {
  const parent: unknown = document.getIn(path.slice(0, -1), true);
  const key = path.at(-1);
  const pair = isMap(parent) ? parent.items.find(({ key: k }) => isScalar(k) && k.value === key) : undefined;
  const node: unknown = isScalar(pair?.key) ? pair.key : document.getIn(path, true);
  if (typeof node !== "object" || node === null || !("range" in node) || !Array.isArray(node.range)) return undefined;
  const offset: unknown = node.range[0];
  return typeof offset === "number" ? lines.linePos(offset).line : undefined;
}

/** Names that must exist elsewhere in the file. */
function crossProblems(config: Config): Problem[] {
  const channels = Object.keys(config.channels);
  const portals = [...Object.keys(config.portals), "test"];
  const places: readonly Place[] = [
    ...config.routes.map((route, index) => ({ ...route, path: ["routes", index] })),
    ...Object.entries(config.server.tokens).map(([name, token]) => ({ ...token, path: ["server", "tokens", name] })),
    ...Object.entries(config.hooks).flatMap(([name, hook]) => hookPlaces(hook, ["hooks", name])),
  ];
  const unknown = places.flatMap(({ path, ...place }) => [
    ...unknownNames(place.channels ?? [], channels, "channel", [...path, "channels"]),
    ...unknownNames(place.portals ?? [], portals, "portal", [...path, "portals"]),
  ]);
  const ofRooms = Object.entries(config.rooms.portals).flatMap(([room, names]) =>
    unknownNames(names, portals, "portal", ["rooms", "portals", room]),
  );
  const taken = Object.hasOwn(config.hooks, roomSource)
    ? [{ path: ["hooks", roomSource], message: "is the source of messages in rooms; give the hook another name" }]
    : [];
  return [...unknown, ...ofRooms, ...taken, ...routeProblems(config.routes), ...scheduleProblems(config)];
}

/** Something in the file that names channels and portals. */
interface Place {
  readonly channels?: readonly string[] | undefined;
  readonly portals?: readonly string[] | undefined;
  readonly path: readonly PropertyKey[];
}

function hookPlaces(hook: HookOptions, path: readonly PropertyKey[]): readonly Place[] {
  const builders = hook.source === "buildbot" ? Object.entries(hook.builders) : [];
  return [
    { channels: hook.channels, portals: hook.portals, path },
    ...builders.map(([name, builder]) => ({ ...builder, path: [...path, "builders", name] })),
  ];
}

function warningsOf(config: Config): string[] {
  const channels = Object.entries(config.channels).flatMap(([name, options]) =>
    channelWarnings(options).map((warning) => `channels.${name}.${warning}`),
  );
  return [...channels, ...routeWarnings(config.routes), ...scheduleWarnings(config)];
}
