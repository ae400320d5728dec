/* global Plotly */

export async function draw(container, data) {
  const isDark = document.documentElement.dataset.theme === "dark";
  const traces = data.series.map(({ name, values }) => ({
    name,
    x: data.labels,
    y: values,
    ...(data.kind === "bar" ? { type: "bar" } : { type: "scatter", mode: "lines+markers", line: { shape: "spline" } }),
  }));
  const layout = {
    margin: { l: 48, r: 16, t: 16, b: 48 },
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    font: { color: isDark ? "#c3ccd8" : "#52606d" },
    legend: { orientation: "h" },
    yaxis: { title: { text: data.unit } },
    transition: { duration: 600, easing: "cubic-in-out" },
  };
  await Plotly.react(container, traces, layout, { displayModeBar: false, responsive: true });
}
