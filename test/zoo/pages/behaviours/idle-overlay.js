import { drawBoth, element } from "../dashboard.js";

// Nobody touched the dashboard for a minute: it stops and says so.
setTimeout(() => document.body.append(element("div", "overlay", "Are you still there?")), 60_000);
await drawBoth();
