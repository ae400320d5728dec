import { ask, askAndShow, show } from "../dashboard.js";

/** Works through the points in small bites, so that the page stays responsive. */
async function fill() {
  const data = await ask("requests", { lateMs: 100 });
  const values = data.series[0].values.map(() => 0);
  let turn = 0;
  const bite = () => {
    values[turn % values.length] += 1;
    turn += 1;
    if (turn < 400) setTimeout(bite, 0);
    else void show("requests", { ...data, series: [...data.series.slice(0, 1), { name: "work", values }] });
  };
  setTimeout(bite, 0);
}

await Promise.all([askAndShow("cpu", { lateMs: 120 }), fill()]);
