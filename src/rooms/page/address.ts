import type { MessageFile, Room } from "../../core/room.ts";

/** A room's page; by id where a name would not find it: direct rooms, and names that are numbers. */
export function roomPath(room: Room): string {
  const isFoundByName = room.kind === "room" && !/^\d+$/u.test(room.name) && room.name !== "assets";
  return `/rooms/${isFoundByName ? encodeURIComponent(room.name) : room.id}`;
}

/** A file of a room: the id finds it, the name is for whoever saves it. */
export function filePath(room: Room, file: MessageFile): string {
  return `${roomPath(room)}/files/${file.id}/${encodeURIComponent(file.name)}`;
}
