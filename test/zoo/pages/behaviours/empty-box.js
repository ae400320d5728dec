import { askAndShow } from "../dashboard.js";

// The second panel's script was never written: its box stays as empty as it was.
await askAndShow("cpu", { lateMs: 120 });
