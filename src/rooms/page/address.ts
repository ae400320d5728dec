import type { Message, MessageFile, Room } from "../../core/room.ts";

/** Words that stand where a room's name could. */
const ownWords: readonly string[] = ["assets", "sign-in", "sign-out"];

export const signInPath = "/rooms/sign-in";
export const signOutPath = "/rooms/sign-out";

/** A room's page; by id where a name would not find it: direct rooms, and names that are numbers or the pages' own. */
export function roomPath(room: Room): string {
  const isFoundByName = room.kind === "room" && !/^\d+$/u.test(room.name) && !ownWords.includes(room.name);
  return `/rooms/${isFoundByName ? encodeURIComponent(room.name) : room.id}`;
}

/** A file of a room: the id finds it, the name is for whoever saves it. */
export function filePath(room: Room, file: MessageFile): string {
  return `${roomPath(room)}/files/${file.id}/${encodeURIComponent(file.name)}`;
}

/** The page that shows a message among those around it; the part behind `#` brings a browser without the script there. */
export function messagePath(room: Room, { id, sequence }: Pick<Message, "id" | "sequence">): string {
  return `${roomPath(room)}/messages/${id}#m${sequence}`;
}

/** The page that finds words in a room. */
export function searchPath(room: Room): string {
  return `${roomPath(room)}/search`;
}
