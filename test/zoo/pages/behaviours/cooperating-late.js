import { askAndShow, pause } from "../dashboard.js";

// A page that knows Chartbell and asks for patience: its second chart comes after a long silence.
document.documentElement.dataset.chartbellReady = "false";
await askAndShow("cpu", { lateMs: 120 });
await pause(3000);
await askAndShow("requests", { lateMs: 200 });
document.documentElement.dataset.chartbellReady = "true";
document.dispatchEvent(new CustomEvent("chartbell:ready"));
