import { address, askAndShow, bodyOf } from "../dashboard.js";

// The second chart is a page of another server.
const frame = document.createElement("iframe");
frame.width = "400";
frame.height = "400";
frame.style.border = "0";
const { other } = document.documentElement.dataset;
frame.src = address("embedded", {}, `${other}${location.pathname}`);
bodyOf("requests").append(frame);
await askAndShow("cpu", { lateMs: 120 });
