import { askAndShow, load, show } from "../dashboard.js";

// A worker of type module fetches by itself and batches what it has for a second.
const worker = new Worker("/zoo/pages/workers/batch.js", { type: "module" });
worker.addEventListener("message", ({ data }) => void show("requests", data));
worker.postMessage({ load }, []);
await askAndShow("cpu", { lateMs: 120 });
