/* global ApexCharts */

const charts = new WeakMap();
const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;

export function draw(container, data) {
  const series = data.series.map(({ name, values }) => ({ name, data: values }));
  const known = charts.get(container);
  if (known !== undefined) return known.updateSeries(series);
  const isDark = document.documentElement.dataset.theme === "dark";
  return new Promise((resolve) => {
    const chart = new ApexCharts(container, {
      chart: {
        type: data.kind === "bar" ? "bar" : "area",
        height: "100%",
        background: "transparent",
        toolbar: { show: false },
        // Where less motion is asked for there is no animation whose end could be told.
        events: { [isCalm ? "mounted" : "animationEnd"]: () => resolve() },
      },
      theme: { mode: isDark ? "dark" : "light" },
      legend: { position: "top" },
      dataLabels: { enabled: false },
      stroke: { width: 2, curve: "smooth" },
      xaxis: { categories: data.labels, tickAmount: 6 },
      yaxis: { title: { text: data.unit } },
      series,
    });
    charts.set(container, chart);
    void chart.render();
  });
}
