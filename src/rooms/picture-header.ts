/*
 * What a file's first bytes say: which picture formats browsers draw without danger, and how large the picture is, so that
 * a page can keep its place before it is loaded. Sources: PNG (W3C, 11.2.2), GIF89a, JPEG (ITU T.81, B.2.2), WebP (RFC 9649).
 */

export interface PictureHeader {
  readonly mediaType: "image/png" | "image/jpeg" | "image/gif" | "image/webp";
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/** HipChat showed no preview beyond this many pixels on a side. */
const sideMax = 8000;

/** The format and size of a picture that may be shown inline; undefined for anything else, whatever it calls itself. */
export function readPictureHeader(bytes: Buffer): PictureHeader | undefined {
  const header = readPng(bytes) ?? readGif(bytes) ?? readWebp(bytes) ?? readJpeg(bytes);
  if (header === undefined) return undefined;
  const isDrawable = [header.width, header.height].every((side) => side >= 1 && side <= sideMax);
  return isDrawable ? header : undefined;
}

const pngSignature = Buffer.from("89504e470d0a1a0a", "hex");

function readPng(bytes: Buffer): PictureHeader | undefined {
  if (bytes.length < 24 || !bytes.subarray(0, 8).equals(pngSignature)) return undefined;
  if (bytes.toString("latin1", 12, 16) !== "IHDR") return undefined;
  return { mediaType: "image/png", width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

function readGif(bytes: Buffer): PictureHeader | undefined {
  if (bytes.length < 10 || !/^GIF8[79]a$/u.test(bytes.toString("latin1", 0, 6))) return undefined;
  return { mediaType: "image/gif", width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
}

function readWebp(bytes: Buffer): PictureHeader | undefined {
  if (bytes.length < 30 || bytes.toString("latin1", 0, 4) !== "RIFF") return undefined;
  const kind = bytes.toString("latin1", 8, 16);
  const sized = (width: number, height: number): PictureHeader => ({ mediaType: "image/webp", width, height });
  if (kind === "WEBPVP8 ") return sized(bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff);
  if (kind === "WEBPVP8X") return sized(bytes.readUIntLE(24, 3) + 1, bytes.readUIntLE(27, 3) + 1);
  if (kind === "WEBPVP8L") {
    const bits = bytes.readUInt32LE(21);
    return sized((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
  }
  return undefined;
}

/** Start-of-frame markers: C0 to CF without the tables C4, C8 and CC. */
const isFrameMarker = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

function readJpeg(bytes: Buffer): PictureHeader | undefined {
  if (bytes.length < 4 || bytes.readUIntBE(0, 3) !== 0xffd8ff) return undefined;
  let offset = 2;
  while (offset + 9 <= bytes.length && bytes[offset] === 0xff) {
    const marker = bytes.readUInt8(offset + 1);
    if (marker === 0xff) {
      offset += 1;
      continue;
    }
    if (isFrameMarker(marker)) {
      return {
        mediaType: "image/jpeg",
        width: bytes.readUInt16BE(offset + 7),
        height: bytes.readUInt16BE(offset + 5),
      };
    }
    offset += 2 + bytes.readUInt16BE(offset + 2);
  }
  return undefined;
}
