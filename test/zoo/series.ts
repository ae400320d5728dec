/** What a panel is drawn from. The same name always gives the same data. */
export interface PanelData {
  readonly title: string;
  readonly kind: "line" | "bar";
  readonly unit: string;
  readonly labels: readonly string[];
  /** Seconds since 1970, as time series databases give them. */
  readonly times: readonly number[];
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[];
}

const points = 24;
const stepSeconds = 300;
const startSeconds = Date.UTC(2026, 2, 1, 10) / 1000;

const lines: Readonly<Record<string, readonly string[]>> = {
  cpu: ["web-1", "web-2"],
  requests: ["ok", "failed"],
  memory: ["used", "cached"],
};

export function panelData(name: string, isEmpty = false): PanelData {
  const times = Array.from({ length: points }, (_, index) => startSeconds + index * stepSeconds);
  const names = lines[name] ?? [`${name}-a`, `${name}-b`];
  const random = randomFrom(name);
  return {
    title: name,
    kind: name === "requests" ? "bar" : "line",
    unit: name === "requests" ? "req/s" : "%",
    labels: times.map((seconds) => new Date(seconds * 1000).toISOString().slice(11, 16)),
    times,
    series: isEmpty ? [] : names.map((line, index) => ({ name: line, values: walk(random, 60 - index * 25) })),
  };
}

/** A chart drawn by a server: an SVG of its own. */
export function pictureSvg(name: string): string {
  const { series } = panelData(name);
  const path = (values: readonly number[]): string =>
    values.map((value, index) => `${index === 0 ? "M" : "L"}${20 + index * 16} ${220 - value * 2}`).join("");
  const colors = ["#2f80ed", "#f2994a"];
  const paths = series.map(
    ({ values }, index) => `<path d="${path(values)}" fill="none" stroke="${colors[index]}" stroke-width="2"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="240" viewBox="0 0 400 240">
<rect width="400" height="240" fill="#fbfcfe"/><path d="M20 10V220H396" fill="none" stroke="#7b8794"/>
<text x="28" y="24" font-family="Liberation Sans, Arial, sans-serif" font-size="13">${name}</text>${paths.join("")}</svg>`;
}

function walk(random: () => number, start: number): number[] {
  let value = start;
  return Array.from({ length: points }, () => {
    value = Math.min(98, Math.max(4, value + (random() - 0.5) * 18));
    return Math.round(value * 10) / 10;
  });
}

/** Mulberry32 with the name as its seed. */
function randomFrom(name: string): () => number {
  let state = Buffer.from(name).reduce((sum, byte) => (Math.imul(sum, 31) + byte) | 0, 7);
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
