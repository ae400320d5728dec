import { address, askAndShow, embed } from "../dashboard.js";

// The second chart is another page of the same server; that page takes its time, and says so.
embed("requests", address("embedded-late", {}, location.href));
await askAndShow("cpu", { lateMs: 120 });
