import { askAndShow } from "../dashboard.js";

await askAndShow("requests", { lateMs: 400 });
