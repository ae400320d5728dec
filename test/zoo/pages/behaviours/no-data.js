import { ask, askAndShow, say, show } from "../dashboard.js";

async function fill(name) {
  const data = await ask(name, { lateMs: 300, empty: 1 });
  if (data.series.length === 0) say(name, "No data in the selected time range");
  else await show(name, data);
}

await Promise.all([askAndShow("cpu", { lateMs: 120 }), fill("requests")]);
