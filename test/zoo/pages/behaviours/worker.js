import { ask, askAndShow, show } from "../dashboard.js";

// A worker works the raw points over before the chart gets them.
async function fill() {
  const raw = await ask("requests", { lateMs: 100 });
  const worker = new Worker("/zoo/pages/workers/smooth.js");
  worker.addEventListener("message", ({ data }) => void show("requests", data));
  worker.postMessage(raw, []);
}

await Promise.all([askAndShow("cpu", { lateMs: 120 }), fill()]);
