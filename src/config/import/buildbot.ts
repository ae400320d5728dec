import { z } from "zod";
import { formatPath } from "../../core/input.ts";
import { parseJson } from "../../core/json.ts";
import { importInvalid, Lines, Names } from "./imported.ts";
import type { Imported, PlainMap } from "./imported.ts";

/*
 * The arguments of Buildbot's HipChatStatusPush (buildbot 2.10, reporters/hipchat.py) as JSON:
 * {"endpoint": ..., "auth_token": ..., "builder_room_map": {BUILDER: ROOM}, "builder_user_map": {BUILDER: USER}}.
 */

const id = z.union([z.string().min(1), z.number()]).transform(String);
const Arguments = z.strictObject({
  endpoint: z.string().default("https://api.hipchat.com"),
  auth_token: z.string().optional(),
  builder_room_map: z.record(z.string(), id).default({}),
  builder_user_map: z.record(z.string(), id).default({}),
});

const variable = "CHARTBELL_BUILDBOT_TOKEN";

export function importBuildbot(text: string): Imported {
  const parsed = Arguments.safeParse(parseJson(text, "The file"));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw importInvalid(
      `${formatPath(issue?.path ?? []) || "the file"}: ${issue?.message ?? "is not as expected"}.`,
      "Give it the arguments of HipChatStatusPush as JSON: endpoint, builder_room_map, builder_user_map.",
    );
  }
  const { endpoint, builder_room_map: rooms, builder_user_map: users } = parsed.data;
  const [carried, notCarried, names] = [new Lines(), new Lines(), new Names()];
  const channels: Record<string, PlainMap> = {};
  const openChannel = (target: string, key: "room" | "user"): string => {
    const known = Object.keys(channels).find((name) => channels[name]?.[key] === target);
    if (known !== undefined) return known;
    const name = names.channel(`${key}-${target.replace(/^@/u, "")}`);
    channels[name] = {
      kind: "hipchat",
      host: endpoint.replace(/\/+$/u, ""),
      [key]: target,
      notificationToken: `env:${variable}`,
      messageToken: `env:${variable}`,
    };
    carried.add(`${key} ${target}: channel ${name}`);
    return name;
  };
  const builders: Record<string, PlainMap> = {};
  for (const builder of new Set([...Object.keys(users), ...Object.keys(rooms)])) {
    const [user, room] = [users[builder], rooms[builder]];
    // Buildbot tells the person first.
    builders[builder] = {
      channels: [
        ...(user === undefined ? [] : [openChannel(user, "user")]),
        ...(room === undefined ? [] : [openChannel(room, "room")]),
      ],
    };
  }
  if (Object.keys(builders).length === 0) throw importInvalid("Neither of the maps names a builder.");
  if (/^https:\/\/api\.hipchat\.com\/?$/u.test(endpoint)) {
    notCarried.add("api.hipchat.com is gone: give the channels the host of your own server");
  }
  notCarried.add("getRecipientList, getMessage and getExtraParams of a subclass: they are code");
  notCarried.add("how builds come: HttpStatusPush of Buildbot to /hooks/buildbot");
  carried.add(`${Object.keys(builders).length} builders: hooks.buildbot.builders`);
  return {
    config: {
      channels,
      hooks: { buildbot: { source: "buildbot", events: ["started", "finished"], success: "OPEN", builders } },
    },
    carried: carried.all(),
    notCarried: notCarried.all(),
    variables: { [variable]: "auth_token of HipChatStatusPush" },
  };
}
