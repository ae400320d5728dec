/* global echarts */

/** ECharts with one of its renderers. */
export function drawWith(renderer) {
  return (container, data) => {
    const theme = document.documentElement.dataset.theme === "dark" ? "dark" : null;
    const chart = echarts.getInstanceByDom(container) ?? echarts.init(container, theme, { renderer });
    const finished = new Promise((resolve) => {
      chart.on("finished", resolve);
    });
    chart.setOption({
      backgroundColor: "transparent",
      tooltip: { trigger: "axis" },
      legend: { top: 4 },
      grid: { left: 44, right: 16, top: 40, bottom: 28 },
      xAxis: { type: "category", data: data.labels },
      yAxis: { type: "value", name: data.unit },
      series: data.series.map(({ name, values }) =>
        data.kind === "bar"
          ? { name, type: "bar", data: values, animationDelay: (index) => index * 20 }
          : { name, type: "line", data: values, smooth: true, areaStyle: { opacity: 0.15 } },
      ),
    });
    return finished;
  };
}
