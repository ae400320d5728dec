import { address, askAndShow, bodyOf, element } from "../dashboard.js";

// One panel waits for an answer that never comes, under its "Loading" text.
bodyOf("requests").append(element("div", "message", "Loading …"));
void fetch(address("/zoo/hang", { for: "requests" })).catch(() => undefined);
await askAndShow("cpu", { lateMs: 120 });
