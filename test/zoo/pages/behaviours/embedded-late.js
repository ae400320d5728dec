import { askAndShow, element, bodyOf, pause } from "../dashboard.js";

bodyOf("requests").append(element("div", "loading", "Loading …"));
await pause(6000);
bodyOf("requests").replaceChildren();
await askAndShow("requests", { lateMs: 200 });
