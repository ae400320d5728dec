import { AppError } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import { checkRoomName, newRoom } from "../core/room.ts";
import type { Room } from "../core/room.ts";
import type { MadeToken, RoomStore } from "../core/room-store.ts";
import { newToken, tokenHash } from "./access.ts";
import type { NewTokenInput, RoomAdmin, RoomsOptions, ShownToken } from "./contract.ts";

/** What a token of one room cannot be good for. */
const scopesOfAllRooms = ["view_group", "manage_rooms"] as const;

/** What an administrator does with rooms and tokens. */
export function createAdmin(store: RoomStore, options: Pick<RoomsOptions, "tokens">): RoomAdmin {
  const shown = ({ roomId, ...token }: MadeToken): ShownToken => ({
    ...token,
    room: roomId === undefined ? undefined : store.rooms().find(({ id }) => id === roomId)?.name,
  });
  return {
    rooms: async () => (await store.overview()).filter(({ room }) => room.kind === "room"),
    async createRoom(facts) {
      checkRoomName(facts.name, "request_invalid");
      const room = await store.createRoom({ ...newRoom(facts.name), ...facts });
      if (room === "taken") throw new AppError("room_taken", `There is a room ${JSON.stringify(facts.name)} already.`);
      if (room === "full")
        throw new AppError("rooms_full", `There are ${limits.roomsMax} rooms, as many as there can be.`);
      return room;
    },
    tokens: () => store.tokens.made().map(shown),
    async createToken(input) {
      const room = input.room === undefined ? undefined : await roomFor(store, input.room, input);
      const token = newToken();
      const isConfigured = options.tokens.some(({ name }) => name === input.name);
      const { name, scopes } = input;
      const made = isConfigured
        ? "taken"
        : await store.tokens.make({ name, scopes, roomId: room?.id }, tokenHash(token));
      if (made === "taken") throw new AppError("token_taken", `There is a token ${JSON.stringify(name)} already.`);
      if (made === "gone") throw unknownRoom(input.room ?? "");
      if (made === "full")
        throw new AppError("rooms_full", `There are ${limits.roomTokensMax} tokens, as many as there can be.`);
      return { token, made: shown(made) };
    },
    async revokeToken(name) {
      if (await store.tokens.revoke(name)) return;
      throw new AppError("token_unknown", `There is no made token ${JSON.stringify(name)}.`);
    },
  };
}

async function roomFor(store: RoomStore, idOrName: string, { scopes }: NewTokenInput): Promise<Room> {
  const wide = scopesOfAllRooms.filter((scope) => scopes.includes(scope));
  if (wide.length > 0) {
    throw new AppError("request_invalid", `A token of one room cannot have the scope ${wide.join(" or ")}.`, {
      hint: "Leave the scope out, or the room.",
    });
  }
  const byId = /^\d{1,15}$/u.test(idOrName) ? await store.roomById(Number(idOrName)) : undefined;
  const room = byId?.kind === "room" ? byId : await store.roomByName(idOrName);
  if (room === undefined) throw unknownRoom(idOrName);
  return room;
}

function unknownRoom(idOrName: string): AppError {
  return new AppError("room_unknown", `There is no room ${JSON.stringify(idOrName)}.`);
}
