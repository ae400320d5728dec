import { address, askAndShow, bodyOf } from "../dashboard.js";

// The second chart is another page of the same server; that page takes its time, and says so.
const frame = document.createElement("iframe");
frame.width = "400";
frame.height = "400";
frame.style.border = "0";
frame.src = address("embedded-late", {}, location.href);
bodyOf("requests").append(frame);
await askAndShow("cpu", { lateMs: 120 });
