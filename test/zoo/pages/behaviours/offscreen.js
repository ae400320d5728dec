import { ask, askAndShow, bodyOf } from "../dashboard.js";

// The second chart is drawn by a worker on a canvas of its own, growing for a second.
async function fill() {
  const data = await ask("requests", { lateMs: 200 });
  const body = bodyOf("requests");
  const canvas = body.appendChild(document.createElement("canvas"));
  canvas.width = body.clientWidth;
  canvas.height = body.clientHeight;
  const surface = canvas.transferControlToOffscreen();
  const worker = new Worker("/zoo/pages/workers/paint.js");
  worker.postMessage({ surface, data }, [surface]);
}

await Promise.all([askAndShow("cpu", { lateMs: 120 }), fill()]);
