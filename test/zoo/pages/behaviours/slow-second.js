import { askAndShow } from "../dashboard.js";

await Promise.all([askAndShow("cpu", { lateMs: 60 }), askAndShow("requests", { lateMs: 2200 })]);
