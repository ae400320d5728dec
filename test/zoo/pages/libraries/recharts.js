import { createElement, useEffect } from "react";
import { createRoot } from "react-dom/client";
import { Area, AreaChart, Bar, BarChart, CartesianGrid, Legend, ResponsiveContainer, XAxis, YAxis } from "recharts";

const colors = ["#2f80ed", "#f2994a", "#27ae60"];
const roots = new WeakMap();
const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;

function Series({ data, onEnd }) {
  // Where less motion is asked for there is no animation whose end could be told.
  useEffect(() => {
    if (isCalm) onEnd();
  }, [onEnd]);
  const rows = data.labels.map((time, index) => ({
    time,
    ...Object.fromEntries(data.series.map(({ name, values }) => [name, values[index]])),
  }));
  const isBar = data.kind === "bar";
  const marks = data.series.map(({ name }, index) =>
    createElement(isBar ? Bar : Area, {
      key: name,
      dataKey: name,
      type: "monotone",
      fill: colors[index],
      stroke: colors[index],
      onAnimationEnd: onEnd,
    }),
  );
  const chart = createElement(
    isBar ? BarChart : AreaChart,
    { data: rows, margin: { top: 16, right: 16, bottom: 8, left: 0 } },
    createElement(CartesianGrid, { strokeDasharray: "3 3" }),
    createElement(XAxis, { dataKey: "time" }),
    createElement(YAxis, { unit: data.unit }),
    createElement(Legend),
    ...marks,
  );
  return createElement(ResponsiveContainer, { width: "100%", height: "100%" }, chart);
}

export function draw(container, data) {
  const root = roots.get(container) ?? createRoot(container);
  roots.set(container, root);
  return new Promise((resolve) => {
    root.render(createElement(Series, { data, onEnd: resolve }));
  });
}
