/* global Highcharts */

const charts = new WeakMap();

export function draw(container, data) {
  const series = data.series.map(({ name, values }) => ({ name, data: values }));
  const known = charts.get(container);
  if (known !== undefined) {
    known.update({ series });
    return Promise.resolve();
  }
  const isDark = document.documentElement.dataset.theme === "dark";
  const ink = isDark ? "#c3ccd8" : "#52606d";
  return new Promise((resolve) => {
    const chart = Highcharts.chart(container, {
      chart: { type: data.kind === "bar" ? "column" : "spline", backgroundColor: "transparent" },
      title: { text: undefined },
      credits: { enabled: false },
      legend: { itemStyle: { color: ink } },
      xAxis: { categories: data.labels, labels: { style: { color: ink } } },
      yAxis: { title: { text: data.unit, style: { color: ink } }, labels: { style: { color: ink } } },
      plotOptions: { series: { events: { afterAnimate: () => resolve() } } },
      series,
    });
    charts.set(container, chart);
  });
}
