/** What a capture proved about the page. Never silent: it travels with the picture to the message. */
export type Verdict =
  | { readonly kind: "ready" }
  | { readonly kind: "partial"; readonly unready: readonly string[] }
  | { readonly kind: "blank" };

export const mediaTypes = ["image/png", "image/webp", "image/jpeg"] as const;
export type MediaType = (typeof mediaTypes)[number];

/** Encoded pixels, ready to be sent or written. */
export interface Picture {
  readonly bytes: Buffer;
  readonly mediaType: MediaType;
  /** Device pixels. */
  readonly width: number;
  readonly height: number;
  /** Hex SHA-256 of the bytes. */
  readonly hash: string;
}

/** What a destination takes. A picture beyond these limits is refused by it. */
export interface PictureLimits {
  readonly bytesMax: number;
  readonly pixelsMax: number;
  /** Longest side, pixels. */
  readonly sideMax: number;
  readonly mediaTypes: readonly MediaType[];
}

export const extensions: Readonly<Record<MediaType, string>> = {
  "image/png": "png",
  "image/webp": "webp",
  "image/jpeg": "jpg",
};

/** One sentence for a person, or undefined when the picture needs no remark. */
export function describeVerdict(verdict: Verdict): string | undefined {
  switch (verdict.kind) {
    case "ready":
      return undefined;
    case "partial":
      return `Not everything was ready: ${verdict.unready.join("; ")}.`;
    case "blank":
      return "The page drew nothing that differs from its background.";
  }
}
