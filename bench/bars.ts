/** One tool's bar. */
export interface Bar {
  readonly name: string;
  readonly isOwn: boolean;
  readonly medianMs: number;
  /** Shots without the right picture, of all. */
  readonly wrong: number;
  readonly of: number;
}

const width = 860;
const left = 220;
const right = 670;
const top = 64;
const rowHeight = 38;
const barHeight = 22;
const colors = {
  own: "#2f6fde",
  other: "#8b95a5",
  wrong: "#c0392b",
  right: "#1e8449",
  text: "#1f2733",
  grid: "#e3e7ed",
};

/** Bars of median milliseconds; the share of wrong pictures is hatched in red. */
export function bars(all: readonly Bar[]): string {
  const step = stepFor(Math.max(...all.map(({ medianMs }) => medianMs)));
  const most = step * Math.ceil(Math.max(...all.map(({ medianMs }) => medianMs)) / step);
  const x = (ms: number): number => Math.round(left + ((right - left) * ms) / most);
  const bottom = top + all.length * rowHeight;
  const ticks = Array.from({ length: Math.round(most / step) + 1 }, (_, index) => index * step);
  const grid = ticks.map(
    (ms) => `<path d="M${x(ms)} ${top - 6}V${bottom}" stroke="${colors.grid}"/>
${text(x(ms), bottom + 18, ms.toLocaleString("en-US"), { anchor: "middle" })}`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${bottom + 34}" viewBox="0 0 ${width} ${bottom + 34}" font-family="Inter, 'Liberation Sans', Arial, sans-serif" font-size="13">
<defs><pattern id="wrong" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect width="6" height="6" fill="${colors.wrong}"/><rect width="2" height="6" fill="#fff" fill-opacity="0.45"/></pattern></defs>
<rect width="100%" height="100%" fill="#fff"/>
${text(16, 26, "Median time per shot, milliseconds", { weight: 600, size: 16 })}
${text(16, 46, "Hatched: the share of shots without the right picture", {})}
${grid.join("\n")}
${all.map((bar, index) => rowOf(bar, top + index * rowHeight, x)).join("\n")}
</svg>
`;
}

function rowOf({ name, isOwn, medianMs, wrong, of }: Bar, y: number, x: (ms: number) => number): string {
  const length = x(medianMs) - left;
  const bad = Math.round((length * wrong) / of);
  const middle = y + barHeight / 2 + 4.5;
  const verdict = wrong === 0 ? `${of} of ${of} right` : `${wrong} of ${of} wrong`;
  return [
    text(left - 10, middle, name, { anchor: "end", weight: isOwn ? 600 : 400 }),
    `<rect x="${left}" y="${y}" width="${length}" height="${barHeight}" fill="${isOwn ? colors.own : colors.other}"/>`,
    `<rect x="${left + length - bad}" y="${y}" width="${bad}" height="${barHeight}" fill="url(#wrong)"/>`,
    text(x(medianMs) + 8, middle, `${Math.round(medianMs).toLocaleString("en-US")} ms`, { weight: 600 }),
    text(width - 16, middle, verdict, { anchor: "end", color: wrong === 0 ? colors.right : colors.wrong }),
  ].join("\n");
}

interface TextStyle {
  readonly anchor?: "middle" | "end";
  readonly weight?: number;
  readonly size?: number;
  readonly color?: string;
}

function text(x: number, y: number, words: string, { anchor, weight, size, color = colors.text }: TextStyle): string {
  const more = { "text-anchor": anchor, "font-weight": weight, "font-size": size, fill: color };
  const attributes = Object.entries(more).flatMap(([key, value]) => (value === undefined ? [] : `${key}="${value}"`));
  return `<text x="${x}" y="${y}" ${attributes.join(" ")}>${words.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</text>`;
}

/** A round distance of the grid's lines that gives four to eight of them. */
function stepFor(most: number): number {
  const raw = most / 8;
  const power = 10 ** Math.floor(Math.log10(raw));
  return power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= raw) ?? 10);
}
