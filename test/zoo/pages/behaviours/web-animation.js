import { ask, askAndShow, bodyOf, element } from "../dashboard.js";

// Bars of plain HTML that rise one after the other by the Web Animations API.
async function fill() {
  const data = await ask("requests", { lateMs: 200 });
  const values = data.series[0].values.slice(0, 12);
  const top = Math.max(...values);
  for (const [index, value] of values.entries()) {
    const bar = element("div", "css-bar");
    bodyOf("requests").append(bar);
    const width = `${Math.round((value / top) * 100)}%`;
    const timing = { duration: 800, delay: index * 120, fill: "both", easing: "ease-out" };
    bar.animate({ width: ["0%", width], opacity: [0, 1] }, timing);
  }
}

await Promise.all([askAndShow("cpu", { lateMs: 120 }), fill()]);
