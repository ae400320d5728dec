/** A chart library as a page gets it: from the package's own files, straight from node_modules. */
export interface Library {
  /** For people, in the table. */
  readonly title: string;
  /** Classic scripts, paths below node_modules. */
  readonly scripts: readonly string[];
  readonly styles?: readonly string[];
  /** Further bare names that the adapter imports: paths below node_modules. */
  readonly imports?: Readonly<Record<string, string>>;
  /** The adapter imports packages that only a bundler can put together. */
  readonly isBundled?: true;
}

/** Every library has an adapter of the same name in pages/libraries. */
export const libraries = {
  echarts: { title: "ECharts (canvas)", scripts: ["echarts/dist/echarts.min.js"] },
  "echarts-svg": { title: "ECharts (SVG)", scripts: ["echarts/dist/echarts.min.js"] },
  chartjs: { title: "Chart.js", scripts: ["chart.js/dist/chart.umd.min.js"] },
  uplot: { title: "uPlot", scripts: ["uplot/dist/uPlot.iife.min.js"], styles: ["uplot/dist/uPlot.min.css"] },
  d3: { title: "D3", scripts: ["d3/dist/d3.min.js"] },
  highcharts: { title: "Highcharts", scripts: ["highcharts/highcharts.js"] },
  plotly: { title: "Plotly", scripts: ["plotly.js-dist-min/plotly.min.js"] },
  apexcharts: { title: "ApexCharts", scripts: ["apexcharts/dist/apexcharts.min.js"] },
  vega: {
    title: "Vega-Lite",
    scripts: ["vega/build/vega.min.js", "vega-lite/build/vega-lite.min.js", "vega-embed/build/vega-embed.min.js"],
  },
  recharts: { title: "Recharts", scripts: [], isBundled: true },
  three: { title: "three.js (WebGL)", scripts: [], imports: { three: "three/build/three.module.js" } },
} as const satisfies Readonly<Record<string, Library>>;

export type LibraryName = keyof typeof libraries;

export const libraryNames = Object.keys(libraries) as readonly LibraryName[];

export function libraryOf(name: string): Library | undefined {
  return Object.hasOwn(libraries, name) ? libraries[name as LibraryName] : undefined;
}
