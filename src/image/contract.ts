import type { Picture, PictureLimits } from "../core/picture.ts";

/*
 * Pixels to a picture worth sending. Input is the lossless PNG of a capture; every function leaves its input alone, strips
 * metadata and refuses more than limits.picturePixelsMax pixels. All throw AppError: picture_unreadable, picture_too_large
 * and what their comments name.
 */

export interface Rectangle {
  /** Device pixels. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Imaging {
  /** Cuts out a rectangle and, if asked, uniform margins; returns a lossless PNG. Throws clip_outside. */
  crop(png: Buffer, how: { readonly clip?: Rectangle; readonly trim?: boolean }): Promise<Buffer>;
  /** The picture with a bar below it that says `text` in one line; returns a lossless PNG. */
  label(png: Buffer, text: string): Promise<Buffer>;
  /** Whether the picture shows one flat colour, light or dark: nothing was drawn. */
  isBlank(png: Buffer): Promise<boolean>;
  /** The picture as captured, as a lossless PNG without metadata. */
  original(png: Buffer): Promise<Picture>;
  /** The crispest small encoding within the limits: palette PNG or lossless WebP before JPEG; shrunk only if it must be. Throws picture_unfit. */
  fit(png: Buffer, limits: PictureLimits): Promise<Picture>;
}
