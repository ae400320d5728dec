import { Router } from "express";
import { z } from "zod";
import { parseInput } from "../core/input.ts";
import { limits } from "../core/limits.ts";
import { Scope } from "../core/room.ts";
import type { RoomOverview } from "../core/room-store.ts";
import type { RoomAdmin } from "../rooms/contract.ts";
import { apiBody, jsonOf } from "./body.ts";
import { onlyMethods } from "./problem.ts";

/** One line without control characters, as the rooms' own API keeps names. */
const line = (charsMax: number) =>
  z
    .string()
    .max(charsMax)
    .regex(/^\P{Cc}*$/u, "must be one line without control characters");
const name = (charsMax: number) => line(charsMax).regex(/\S/u, "must not be blank");

export const NewRoom = z.strictObject({
  name: name(limits.roomNameCharsMax),
  topic: line(limits.roomTopicCharsMax).default(""),
  privacy: z.enum(["public", "private"]).default("public"),
});
export const NewToken = z.strictObject({
  name: name(limits.roomTokenNameCharsMax),
  scopes: z.array(Scope).min(1).max(Scope.options.length),
  room: name(limits.roomNameCharsMax).optional(),
});
export const Revocation = z.strictObject({ name: name(limits.roomTokenNameCharsMax) });

/** `GET` and `POST /api/rooms`, `GET` and `POST /api/rooms/tokens`, `POST /api/rooms/tokens/revoke`. */
export function roomAdminRoutes(admin: RoomAdmin): Router {
  const router = Router();
  router.get("/api/rooms", async (_request, response) => {
    response.json({ rooms: (await admin.rooms()).map(roomJson) });
  });
  router.post("/api/rooms", apiBody, async (request, response) => {
    const { id, name: made } = await admin.createRoom(parseInput(NewRoom, jsonOf(request)));
    response.status(201).json({ id, name: made });
  });
  router.all("/api/rooms", onlyMethods("GET", "POST"));
  router.get("/api/rooms/tokens", (_request, response) => {
    response.json({ tokens: admin.tokens() });
  });
  router.post("/api/rooms/tokens", apiBody, async (request, response) => {
    const { scopes, ...input } = parseInput(NewToken, jsonOf(request));
    const { token, made } = await admin.createToken({ ...input, scopes: [...new Set(scopes)] });
    response
      .status(201)
      .set("cache-control", "no-store")
      .json({ ...made, token });
  });
  router.all("/api/rooms/tokens", onlyMethods("GET", "POST"));
  router.post("/api/rooms/tokens/revoke", apiBody, async (request, response) => {
    const revoked = parseInput(Revocation, jsonOf(request));
    await admin.revokeToken(revoked.name);
    response.json({ revoked: revoked.name });
  });
  router.all("/api/rooms/tokens/revoke", onlyMethods("POST"));
  return router;
}

function roomJson({ room, messagesSent, lastActive }: RoomOverview): unknown {
  const { id, name: called, topic, privacy, isArchived, createdAt } = room;
  return { id, name: called, topic, privacy, isArchived, createdAt, messagesSent, lastActive };
}
