import { wellFormed } from "./text.ts";

/** Tab and line ends stay; other control characters have no place in a message. */
export function withoutControls(text: string): string {
  return wellFormed(text).replace(/(?![\t\n\r])\p{Cc}/gu, "");
}

/** Without the marks that turn the writing direction, which make `gpj.exe` look like `exe.jpg`, on one line. */
export function plainName(text: string): string {
  return wellFormed(text)
    .replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "")
    .trim();
}
