import pixelmatch from "pixelmatch";
import sharp from "sharp";

/** CSS pixels of the page, which at scale 1 are those of the picture. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Difference {
  /** Pixels that differ to the eye; every pixel when the sizes differ. */
  readonly pixels: number;
  /** A picture of the differences; undefined when the sizes differ. */
  readonly diff: (() => Promise<Buffer>) | undefined;
}

/** How much a colour may stray, of 1: pixelmatch's own default, below what an eye sees. */
const threshold = 0.1;

/** Compares two PNGs outside the given boxes. */
export async function differing(one: Buffer, other: Buffer, ignored: readonly Rectangle[] = []): Promise<Difference> {
  if (one.equals(other)) return { pixels: 0, diff: undefined };
  const [left, right] = await Promise.all([decoded(one, ignored), decoded(other, ignored)]);
  const { width, height } = left;
  if (width !== right.width || height !== right.height) return { pixels: width * height, diff: undefined };
  const diff = new Uint8Array(left.data.length);
  const pixels = pixelmatch(left.data, right.data, diff, width, height, { threshold });
  return {
    pixels,
    diff: () =>
      sharp(diff, { raw: { width, height, channels: 4 } })
        .png()
        .toBuffer(),
  };
}

interface Decoded {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

async function decoded(png: Buffer, ignored: readonly Rectangle[]): Promise<Decoded> {
  const { data, info } = await sharp(png).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  for (const box of ignored) {
    const left = Math.min(width, Math.max(0, Math.floor(box.x)));
    const right = Math.max(left, Math.min(width, Math.ceil(box.x + box.width)));
    const bottom = Math.min(height, Math.ceil(box.y + box.height));
    for (let y = Math.max(0, Math.floor(box.y)); y < bottom; y += 1) {
      data.fill(0x80, (y * width + left) * 4, (y * width + right) * 4);
    }
  }
  return { data, width, height };
}
