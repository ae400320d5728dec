import { address, askAndShow, embed } from "../dashboard.js";

// The second chart is a page of another server.
const { other } = document.documentElement.dataset;
embed("requests", address("embedded", {}, `${other}${location.pathname}`));
await askAndShow("cpu", { lateMs: 120 });
