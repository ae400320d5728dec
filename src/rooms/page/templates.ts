import { fileURLToPath } from "node:url";
import { Eta } from "eta";
import { escapeHtml } from "../../core/text.ts";
import type { Assets } from "./assets.ts";
import type { MessageView } from "./message-view.ts";

/** A room in the side bar and in the list of rooms. */
export interface RoomLink {
  readonly name: string;
  readonly path: string;
  readonly isDirect: boolean;
  readonly isCurrent: boolean;
}

export interface RoomCard extends RoomLink {
  readonly last:
    | { readonly name: string; readonly preview: string; readonly at: string; readonly timeText: string }
    | undefined;
}

export type LogEntry =
  | { readonly kind: "day"; readonly date: string }
  | { readonly kind: "message"; readonly html: string };

export interface RoomPage {
  readonly title: string;
  readonly room: RoomLink;
  readonly topic: string;
  readonly rooms: readonly RoomLink[];
  readonly entries: readonly LogEntry[];
  /** Sequence of the newest message there is; what comes later arrives as events. */
  readonly lastSequence: number;
  /** Page with the messages before these. */
  readonly earlierPath: string | undefined;
  /** False on a page of the past, which does not change. */
  readonly isLive: boolean;
  /** A command that sends the first message. */
  readonly example: string;
}

export interface RoomsPage {
  readonly title: string;
  readonly rooms: readonly RoomCard[];
}

export interface ProblemPage {
  readonly title: string;
  readonly explanation: string;
}

export interface Templates {
  message(view: MessageView): string;
  room(page: RoomPage): string;
  rooms(page: RoomsPage): string;
  problem(page: ProblemPage): string;
}

/** The .eta files beside this one; every value is escaped but what is known to be markup. */
export function loadTemplates(assets: Assets): Templates {
  const eta = new Eta({
    views: fileURLToPath(new URL(".", import.meta.url)),
    cache: true,
    escapeFunction: (value) => escapeHtml(String(value)),
  });
  const paths = { css: assets.path("room.css"), script: assets.path("room.js"), icon: assets.path("bell.svg") };
  return {
    message: (view) => eta.render("./message", view),
    room: (page) => eta.render("./room", { ...page, paths }),
    rooms: (page) => eta.render("./rooms", { ...page, paths }),
    problem: (page) => eta.render("./problem", { ...page, paths }),
  };
}
