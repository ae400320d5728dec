import { address, askAndShow, embed } from "../dashboard.js";

// The second chart is another page of the same server.
embed("requests", address("embedded", {}, location.href));
await askAndShow("cpu", { lateMs: 120 });
