/** A header such as Content-Type or Content-Disposition: its first word in lower case, and its parameters. */
export interface HeaderValue {
  readonly value: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const headerCharsMax = 8192;
const parametersMax = 32;

/**
 * Reads what real clients send: values quoted or not, unquoted ones with spaces (`filename=my chart.png`), a parameter
 * without the semicolon before it (`image/png charset=UTF-8`, which is dropped). The first of two equal names counts.
 */
export function parseHeaderValue(header: string): HeaderValue {
  const [first = "", ...rest] = splitOutsideQuotes(header.slice(0, headerCharsMax));
  const parameters = new Map<string, string>();
  for (const parameter of rest.slice(0, parametersMax)) {
    const equals = parameter.indexOf("=");
    const name = parameter.slice(0, equals).trim().toLowerCase();
    if (equals < 1 || parameters.has(name)) continue;
    parameters.set(name, unquote(parameter.slice(equals + 1).trim()));
  }
  return { value: first.trim().split(/\s/u, 1)[0]?.toLowerCase() ?? "", parameters };
}

function splitOutsideQuotes(text: string): readonly string[] {
  const pieces: string[] = [];
  let isQuoted = false;
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === "\\" && isQuoted) index++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === ";" && !isQuoted) {
      pieces.push(text.slice(start, index));
      start = index + 1;
    }
  }
  pieces.push(text.slice(start));
  return pieces;
}

/** Only quotes and backslashes are taken as escaped: Windows clients send paths with bare backslashes. */
function unquote(value: string): string {
  if (!value.startsWith('"')) return value;
  const end = value.length > 1 && value.endsWith('"') ? -1 : undefined;
  return value.slice(1, end).replace(/\\(?<escaped>["\\])/gu, "$<escaped>");
}

/**
 * A parameter in any of RFC 2231's and RFC 5987's forms: `name*=utf-8''…`, the pieces `name*0*=`, `name*1=`, …, or plain
 * `name=`. The extended ones win, as RFC 6266 asks.
 */
export function extendedParameter({ parameters }: HeaderValue, name: string): string | undefined {
  const extended = parameters.get(`${name}*`);
  if (extended !== undefined) return decodeExtended(extended);
  const pieces: string[] = [];
  let isEncoded = false;
  for (let index = 0; index < parametersMax; index++) {
    const encoded = parameters.get(`${name}*${index}*`);
    const piece = encoded ?? parameters.get(`${name}*${index}`);
    if (piece === undefined) break;
    if (index === 0) isEncoded = encoded !== undefined;
    pieces.push(piece);
  }
  if (pieces.length === 0) return parameters.get(name);
  return isEncoded ? decodeExtended(pieces.join("")) : pieces.join("");
}

/** `charset'language'percent-encoded`; what cannot be decoded is taken as it stands. */
function decodeExtended(value: string): string {
  const match = /^(?<charset>[\w-]*)'[^']*'(?<encoded>.*)$/su.exec(value);
  const encoded = match?.groups?.["encoded"] ?? value;
  const isLatin = match?.groups?.["charset"]?.toLowerCase() === "iso-8859-1";
  const bytes = encoded.replace(/%(?<hex>[\da-f]{2})/giu, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  if (isLatin) return bytes;
  return decodePercent(encoded) ?? encoded;
}

/** Percent-decoded UTF-8, or undefined when it is not that. */
export function decodePercent(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
