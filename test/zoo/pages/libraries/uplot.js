/* global uPlot */

const colors = ["#2f80ed", "#f2994a", "#27ae60"];
const plots = new WeakMap();

export function draw(container, data) {
  const columns = [data.times, ...data.series.map(({ values }) => values)];
  const known = plots.get(container);
  if (known !== undefined) {
    known.setData(columns);
    return Promise.resolve();
  }
  const isDark = document.documentElement.dataset.theme === "dark";
  const axis = { stroke: isDark ? "#c3ccd8" : "#52606d", grid: { stroke: isDark ? "#2e3742" : "#e4e7eb" } };
  const bars = data.kind === "bar" ? { paths: uPlot.paths.bars({ size: [0.7, 40] }) } : {};
  return new Promise((resolve) => {
    const options = {
      width: container.clientWidth,
      height: container.clientHeight - 40,
      series: [
        {},
        ...data.series.map(({ name }, index) => ({
          label: name,
          stroke: colors[index],
          fill: `${colors[index]}33`,
          width: 2,
          ...bars,
        })),
      ],
      axes: [axis, axis],
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
      hooks: { draw: [() => resolve()] },
    };
    plots.set(container, new uPlot(options, columns, container));
  });
}
