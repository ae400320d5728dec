import { fileURLToPath } from "node:url";
import { Eta } from "eta";
import { escapeHtml } from "../../core/text.ts";
import type { Assets } from "./assets.ts";
import type { MessageView } from "./message-view.ts";

/** A room in the side bar and in the list of rooms. */
export interface RoomLink {
  readonly id: number;
  readonly name: string;
  readonly path: string;
  readonly isDirect: boolean;
  readonly isCurrent: boolean;
}

export interface RoomCard extends RoomLink {
  readonly last:
    | {
        readonly sequence: number;
        readonly name: string;
        readonly preview: string;
        readonly at: string;
        readonly timeText: string;
      }
    | undefined;
}

export type LogEntry =
  | { readonly kind: "day"; readonly date: string }
  | { readonly kind: "message"; readonly html: string };

/** A form with nothing but a button. */
interface ButtonForm {
  readonly action: string;
  readonly key: string;
}

/** What stands around a room's messages and around what was found in them. */
export interface RoomFrame {
  readonly room: RoomLink;
  readonly topic: string;
  readonly rooms: readonly RoomLink[];
  readonly searchPath: string;
  /** The words that are searched; empty for none. */
  readonly query: string;
  readonly queryCharsMax: number;
  /** For whoever signed in. */
  readonly signOut: ButtonForm | undefined;
}

/** The form to write into the room. */
export interface Compose {
  readonly action: string;
  readonly key: string;
  /** Tells a message that is sent twice from two messages. */
  readonly once: string;
  readonly text: string;
  readonly textCharsMax: number;
  readonly name: string;
  /** The name of whoever gives none. */
  readonly nameHint: string;
  readonly nameCharsMax: number;
  /** Why the text was not sent. */
  readonly trouble: string | undefined;
}

export interface RoomPage extends RoomFrame {
  readonly title: string;
  readonly entries: readonly LogEntry[];
  /** Sequence of the newest message on the page; what comes later arrives as events. */
  readonly lastSequence: number;
  /** Page with the messages before these. */
  readonly earlierPath: string | undefined;
  /** Page with those after these. */
  readonly laterPath: string | undefined;
  /** False on a page of the past, which does not change. */
  readonly isLive: boolean;
  /** A command that sends the first message. */
  readonly example: string;
  /** Undefined for readers who may not write, and on a page of the past. */
  readonly compose: Compose | undefined;
  readonly signInPath: string;
}

/** A message that was found. The fields named html are markup, and safe. */
export interface ResultView {
  readonly initial: string;
  readonly tone: number;
  readonly nameHtml: string;
  readonly path: string;
  /** ISO 8601. */
  readonly at: string;
  readonly timeText: string;
  readonly excerptHtml: string;
}

export interface SearchPage extends RoomFrame {
  readonly title: string;
  readonly results: readonly ResultView[];
  readonly isFirstPage: boolean;
  readonly olderPath: string | undefined;
}

export interface RoomsPage {
  readonly title: string;
  readonly rooms: readonly RoomCard[];
  readonly signOut: ButtonForm | undefined;
}

export interface SignInPage {
  readonly title: string;
  readonly action: string;
  readonly key: string;
  /** Where the browser goes afterwards. */
  readonly next: string;
  readonly trouble: string | undefined;
  /** The browser came from another site, and may be signed in without our seeing it. */
  readonly isFromElsewhere: boolean;
}

export interface ProblemPage {
  readonly title: string;
  readonly explanation: string;
}

export interface Templates {
  message(view: MessageView): string;
  room(page: RoomPage): string;
  search(page: SearchPage): string;
  rooms(page: RoomsPage): string;
  signIn(page: SignInPage): string;
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
    search: (page) => eta.render("./search", { ...page, paths }),
    signIn: (page) => eta.render("./sign-in", { ...page, paths }),
    rooms: (page) => eta.render("./rooms", { ...page, paths }),
    problem: (page) => eta.render("./problem", { ...page, paths }),
  };
}
