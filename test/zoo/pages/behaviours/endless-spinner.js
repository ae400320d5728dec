import { askAndShow, bodyOf, element } from "../dashboard.js";

// A panel whose backend is gone: it never asks, and its spinner never goes.
bodyOf("requests").append(element("div", "spinner"));
await askAndShow("cpu", { lateMs: 120 });
