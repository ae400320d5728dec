import type { z } from "zod";
import type { ShotOptions } from "../../src/core/portal.ts";
import type { BehaviourName } from "./behaviours.ts";
import { libraryNames } from "./libraries.ts";
import type { LibraryName } from "./libraries.ts";

/** What a shot of a page must come to. */
export type Expected =
  /** The picture is the page's own final frame, to the pixel. */
  | { readonly kind: "exact"; readonly verdict: "ready" }
  /** The same, and the verdict names what was never answered, never went or never stood still. */
  | { readonly kind: "exact"; readonly verdict: "partial"; readonly unready: RegExp }
  /** The same, where both verdicts are honest; a partial one must name the right thing. */
  | { readonly kind: "exact"; readonly verdict: "either"; readonly unready: RegExp }
  | { readonly kind: "error"; readonly code: string }
  /** Nothing differs from the background, and somebody says so. */
  | { readonly kind: "blank" };

export interface Case {
  readonly name: string;
  /** A row of the table; "-" for a page without charts. */
  readonly library: LibraryName | "-";
  /** A column of the table. */
  readonly behaviour: string;
  /** Path and query; each load of the page adds an id of its own. */
  readonly path: string;
  readonly options: z.input<typeof ShotOptions>;
  /** Selectors of what never stands still; their boxes are left out of the comparison. */
  readonly ignore: readonly string[];
  readonly expected: Expected;
}

interface Row {
  readonly libraries: readonly LibraryName[];
  readonly expected?: Expected;
  readonly ignore?: readonly string[];
  readonly fullPage?: true;
  /** The path, when it is not the dashboard itself. */
  readonly path?: string;
}

const timeoutMs = 12_000;
const ready: Expected = { kind: "exact", verdict: "ready" };
const partial = (unready: RegExp): Expected => ({ kind: "exact", verdict: "partial", unready });
const either = (unready: RegExp): Expected => ({ kind: "exact", verdict: "either", unready });
const error = (code: string): Expected => ({ kind: "error", code });

const unanswered = /request|answer|load/iu;
const moving = /mov|still|animat/iu;

/** Behaviours that every library is crossed with. */
export const common = {
  plain: {},
  gap: {},
  chained: {},
  polling: {},
  slow: {},
  "slow-second": {},
  spinner: {},
  dark: {},
  pulse: { ignore: [".pulse"] },
} as const satisfies Partial<Readonly<Record<BehaviourName, Omit<Row, "libraries">>>>;

const others: Partial<Readonly<Record<BehaviourName, Row>>> = {
  "slow-4s": { libraries: ["echarts", "highcharts"] },
  "hung-request": { libraries: ["chartjs", "d3"], expected: partial(unanswered) },
  "hung-panel": { libraries: ["echarts", "recharts"], expected: partial(unanswered) },
  "hung-then-slow": { libraries: ["highcharts", "uplot"], expected: partial(unanswered) },
  "hung-font": { libraries: ["echarts", "d3"], expected: partial(/font/iu) },
  "late-font": { libraries: ["chartjs", "echarts-svg"] },
  "hung-image": { libraries: ["apexcharts"], expected: partial(unanswered) },
  "hung-script": { libraries: ["echarts"], expected: partial(unanswered) },
  sse: { libraries: ["echarts", "chartjs"] },
  websocket: { libraries: ["d3", "uplot"] },
  worker: { libraries: ["highcharts", "echarts"] },
  "worker-timer": { libraries: ["chartjs"] },
  offscreen: { libraries: ["uplot"] },
  lazy: { libraries: ["echarts", "chartjs", "recharts"], fullPage: true },
  "lazy-images": { libraries: ["uplot"], fullPage: true },
  images: { libraries: ["uplot"] },
  frames: { libraries: ["d3", "uplot"] },
  "endless-frames": { libraries: ["echarts", "chartjs"], expected: partial(moving), ignore: ["#wave"] },
  "live-clock": { libraries: ["highcharts", "uplot"], expected: either(moving), ignore: ["#clock"] },
  "location-replace": { libraries: ["echarts", "plotly"] },
  "push-state": { libraries: ["recharts", "echarts"] },
  redirect: { libraries: ["chartjs"], path: "/zoo/old" },
  iframe: { libraries: ["echarts", "d3"] },
  "iframe-late": { libraries: ["echarts", "chartjs"] },
  "late-wave": { libraries: ["echarts", "highcharts", "d3"] },
  "frame-wait": { libraries: ["uplot", "echarts", "three"] },
  "iframe-other": { libraries: ["chartjs", "highcharts"] },
  "error-panel": { libraries: ["echarts", "apexcharts"], expected: either(/500|fail|error|answer/iu) },
  retry: { libraries: ["d3", "highcharts"] },
  "no-data": { libraries: ["chartjs", "vega"] },
  "endless-spinner": {
    libraries: ["echarts", "uplot"],
    expected: partial(/spinner|load|progress/iu),
    ignore: [".spinner"],
  },
  "loading-text": { libraries: ["recharts", "vega"] },
  skeleton: { libraries: ["apexcharts", "echarts"] },
  "empty-box": { libraries: ["highcharts", "chartjs"], expected: partial(/empty|chart|nothing|drawn|box/iu) },
  "css-transition": { libraries: ["uplot", "d3"] },
  "web-animation": { libraries: ["chartjs"] },
  "timeout-chain": { libraries: ["uplot"] },
  "idle-callback": { libraries: ["echarts", "d3"] },
  debounce: { libraries: ["highcharts", "plotly"] },
  "resize-observer": { libraries: ["echarts", "recharts"] },
  "long-poll": { libraries: ["chartjs"], expected: either(unanswered) },
  sequence: { libraries: ["d3", "chartjs"] },
  chunked: { libraries: ["echarts", "highcharts"] },
  analytics: { libraries: ["apexcharts"] },
  "relative-range": { libraries: ["echarts"] },
  "meta-refresh": { libraries: ["highcharts"] },
  "idle-overlay": { libraries: ["d3"] },
  shadow: { libraries: ["echarts", "d3"] },
  video: { libraries: ["echarts"], expected: either(/video|mov|still|play/iu), ignore: ["video"] },
  cooperating: { libraries: ["echarts"], ignore: ["#wave"] },
  "cooperating-late": { libraries: ["d3"] },
  "login-spa": { libraries: ["echarts"], expected: error("page_login") },
  "login-hidden": { libraries: ["uplot"] },
};

/** Pages without a dashboard. */
const chartless: Readonly<Record<string, { readonly path: string; readonly expected: Expected }>> = {
  "login-redirect": { path: "/zoo/private", expected: error("page_login") },
  "status-404": { path: "/zoo/missing", expected: error("page_status") },
  "status-500": { path: "/zoo/broken", expected: error("page_status") },
  text: { path: "/zoo/text", expected: ready },
  blank: { path: "/zoo/blank", expected: { kind: "blank" } },
  "blank-dark": { path: "/zoo/blank-dark", expected: { kind: "blank" } },
};

export const cases: readonly Case[] = [
  ...Object.entries(common).flatMap(([behaviour, row]) => casesOf(behaviour, { libraries: libraryNames, ...row })),
  ...Object.entries(others).flatMap(([behaviour, row]) => casesOf(behaviour, row)),
  ...Object.entries(chartless).map(([behaviour, { path, expected }]): Case => {
    return { name: behaviour, library: "-", behaviour, path, options: optionsOf(false), ignore: [], expected };
  }),
];

function casesOf(behaviour: string, row: Row): readonly Case[] {
  const { libraries, expected = ready, ignore = [], fullPage = false, path = "/zoo/page" } = row;
  return libraries.map((library) => ({
    name: `${library} ${behaviour}`,
    library,
    behaviour,
    path: `${path}/${library}/${behaviour}`,
    options: optionsOf(fullPage),
    ignore,
    expected,
  }));
}

function optionsOf(fullPage: boolean): Case["options"] {
  return { viewport: { width: 900, height: 600 }, fullPage, timeoutMs };
}
