/*
 * What the page draws with: the parts of ECharts that it uses, half of the whole. `npm run setup` puts them together as
 * charts.min.js, which index.html loads.
 */
import { BarChart, GaugeChart, HeatmapChart, LineChart } from "echarts/charts";
import { GridComponent, MarkAreaComponent, MarkLineComponent, VisualMapComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([
  BarChart,
  CanvasRenderer,
  GaugeChart,
  GridComponent,
  HeatmapChart,
  LineChart,
  MarkAreaComponent,
  MarkLineComponent,
  VisualMapComponent,
]);

export { init };
