import type { Command } from "commander";
import { z } from "zod";
import { configOf, withServer } from "./config-options.ts";
import type { ConfigFlags } from "./config-options.ts";
import { askServer } from "./server.ts";
import { print, printJson, progress, table } from "./terminal.ts";

/** What the server tells, as far as people are shown it. */
const Rooms = z.object({
  rooms: z.array(
    z.object({
      id: z.number(),
      name: z.string(),
      topic: z.string(),
      privacy: z.string(),
      messagesSent: z.number(),
      lastActive: z.string().optional(),
    }),
  ),
});
const MadeRoom = z.object({ id: z.number(), name: z.string() });
const Token = z.object({
  name: z.string(),
  scopes: z.array(z.string()),
  room: z.string().optional(),
  createdAt: z.string(),
});
const Tokens = z.object({ tokens: z.array(Token) });
const NewToken = Token.extend({ token: z.string() });

interface RoomsFlags extends ConfigFlags {
  readonly json?: boolean;
}

const examples = `
Examples:
  chartbell rooms list
  chartbell rooms create Ops --topic "Who is on call: Maya"
  chartbell rooms token create --room Ops --scopes send_notification --name grafana
  chartbell rooms token list
  chartbell rooms token revoke grafana`;

const listExamples = `
Examples:
  chartbell rooms list
  chartbell rooms list --json`;

const createExamples = `
Examples:
  chartbell rooms create Ops
  chartbell rooms create "Night shift" --topic "From 22:00" --private --json`;

/** `chartbell rooms list|create|token`: the built-in rooms, asked of the running server. */
export function rooms(program: Command): void {
  const group = program
    .command("rooms")
    .description("list and make rooms of the built-in server, and tokens for them (asks the running server)")
    .addHelpText("after", examples);
  withServer(group.command("list"))
    .description("list the rooms")
    .option("--json", "print the list as JSON")
    .addHelpText("after", listExamples)
    .action(async (flags: RoomsFlags) => {
      const answer = await askServer(await configOf(flags), "/api/rooms");
      if (flags.json === true) printJson(answer);
      else printRooms(Rooms.parse(answer).rooms);
    });
  withServer(group.command("create"))
    .description("make a room")
    .argument("<name>", "1 to 50 characters")
    .option("--topic <text>", "what it is for, at most 250 characters")
    .option("--private", "not for those who ask for public rooms only")
    .option("--json", "print its number and name as JSON")
    .addHelpText("after", createExamples)
    .action(async (name: string, { topic, private: isPrivate, ...flags }: CreateFlags) => {
      const body = { name, topic, privacy: isPrivate === true ? "private" : "public" };
      const made = MadeRoom.parse(await askServer(await configOf(flags), "/api/rooms", body));
      if (flags.json === true) printJson(made);
      else print(`Room ${made.id}: ${made.name}`);
    });
  tokens(group);
}

interface CreateFlags extends RoomsFlags {
  readonly topic?: string;
  readonly private?: boolean;
}

function printRooms(all: z.output<typeof Rooms>["rooms"]): void {
  if (all.length === 0) {
    print("There are none.");
    return;
  }
  const rows = all.map(({ id, name, topic, privacy, messagesSent, lastActive }) => [
    String(id),
    name,
    privacy,
    String(messagesSent),
    lastActive === undefined ? "never" : utc(lastActive),
    topic,
  ]);
  print(table(["id", "name", "privacy", "messages", "last active (UTC)", "topic"], rows));
}

const tokenExamples = `
Examples:
  chartbell rooms token create --scopes send_notification,send_message --name jenkins
  chartbell rooms token create --room Ops --scopes send_notification --name grafana --json
  chartbell rooms token list
  chartbell rooms token revoke grafana

Scopes: send_notification, send_message, view_group, view_room, view_messages, admin_room, manage_rooms`;

interface TokenFlags extends RoomsFlags {
  readonly scopes: string;
  readonly room?: string;
  readonly name?: string;
}

function tokens(group: Command): void {
  const token = group
    .command("token")
    .description("make, list and revoke tokens of the HipChat-compatible API")
    .addHelpText("after", tokenExamples);
  withServer(token.command("create"))
    .description("make a token; it is shown this once and kept as a hash")
    .requiredOption("--scopes <a,b>", "what it may do")
    .option("--room <room>", "the one room that it may act in, by name or number (default: all)")
    .option(
      "--name <name>",
      "shown as the sender of messages that name none (default: the room, or `token`, and the time)",
    )
    .option("--json", "print the token and what it may do as JSON")
    .addHelpText("after", tokenExamples)
    .action(async ({ scopes, room, name, ...flags }: TokenFlags) => {
      const body = { name: name ?? nameFor(room), scopes: listOf(scopes), room };
      const made = NewToken.parse(await askServer(await configOf(flags), "/api/rooms/tokens", body));
      if (flags.json === true) printJson(made);
      else {
        progress(`${made.name} (${made.scopes.join(", ")}; ${made.room ?? "all rooms"}). It is not shown again:`);
        print(made.token);
      }
    });
  withServer(token.command("list"))
    .description("list the tokens that were made so, without the tokens themselves")
    .option("--json", "print the list as JSON")
    .addHelpText("after", tokenExamples)
    .action(async (flags: RoomsFlags) => {
      const answer = await askServer(await configOf(flags), "/api/rooms/tokens");
      if (flags.json === true) printJson(answer);
      else printTokens(Tokens.parse(answer).tokens);
    });
  withServer(token.command("revoke"))
    .description("revoke a token; it is refused from then on, with what was handed out for it")
    .argument("<name>", "as `chartbell rooms token list` shows it")
    .option("--json", "print the name as JSON")
    .addHelpText("after", tokenExamples)
    .action(async (name: string, flags: RoomsFlags) => {
      const answer = await askServer(await configOf(flags), "/api/rooms/tokens/revoke", { name });
      if (flags.json === true) printJson(answer);
      else print(`${name} is revoked.`);
    });
}

function listOf(scopes: string): readonly string[] {
  return scopes
    .split(",")
    .map((scope) => scope.trim())
    .filter((scope) => scope !== "");
}

function nameFor(room: string | undefined): string {
  return `${room ?? "token"} ${new Date().toISOString().slice(0, 19)}`.slice(-64);
}

function printTokens(all: readonly z.output<typeof Token>[]): void {
  if (all.length === 0) {
    print("There are none beside those of the configuration.");
    return;
  }
  const rows = all.map(({ name, room, scopes, createdAt }) => [name, room ?? "all", utc(createdAt), scopes.join(", ")]);
  print(table(["name", "room", "made (UTC)", "scopes"], rows));
}

function utc(iso: string): string {
  return iso.slice(0, 19).replace("T", " ");
}
