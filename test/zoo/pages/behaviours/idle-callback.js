import { ask, askAndShow, show } from "../dashboard.js";

async function fill() {
  const data = await ask("requests", { lateMs: 200 });
  requestIdleCallback(() => void show("requests", data));
}

await Promise.all([askAndShow("cpu", { lateMs: 120 }), fill()]);
