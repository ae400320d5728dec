import { ask, askAndShow, bodyOf, element } from "../dashboard.js";

// Bars of plain HTML whose width changes for two seconds.
async function fill() {
  const data = await ask("requests", { lateMs: 200 });
  const values = data.series[0].values.slice(0, 12);
  const top = Math.max(...values);
  const bars = values.map((value) => {
    const bar = element("div", "css-bar");
    bar.dataset.width = `${Math.round((value / top) * 100)}%`;
    return bar;
  });
  bodyOf("requests").append(...bars);
  void bodyOf("requests").offsetHeight;
  for (const bar of bars) bar.style.width = bar.dataset.width;
}

await Promise.all([askAndShow("cpu", { lateMs: 120 }), fill()]);
