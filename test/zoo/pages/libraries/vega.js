/* global vegaEmbed */

export async function draw(container, data) {
  const isDark = document.documentElement.dataset.theme === "dark";
  const values = data.series.flatMap(({ name, values: points }) =>
    points.map((value, index) => ({ series: name, value, time: data.labels[index] })),
  );
  const spec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    width: "container",
    height: container.clientHeight - 90,
    background: "transparent",
    data: { values },
    mark: data.kind === "bar" ? "bar" : { type: "line", point: true, interpolate: "monotone" },
    encoding: {
      x: { field: "time", type: "ordinal", axis: { labelOverlap: true } },
      y: { field: "value", type: "quantitative", title: data.unit },
      color: { field: "series", type: "nominal", legend: { orient: "bottom" } },
      ...(data.kind === "bar" ? { xOffset: { field: "series" } } : {}),
    },
  };
  container.style.width = "100%";
  await vegaEmbed(container, spec, { actions: false, ...(isDark ? { theme: "dark" } : {}) });
}
