import { askAndShow, pause } from "../dashboard.js";

// The second chart asks for its data when the first has been on the screen for a while.
await askAndShow("cpu", { lateMs: 120 });
await pause(600);
await askAndShow("requests", { lateMs: 200 });
