import { address, drawBoth } from "../dashboard.js";

setInterval(() => navigator.sendBeacon(address("/zoo/beacon"), "seen"), 200);
await drawBoth();
