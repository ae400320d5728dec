import { address, pause } from "../dashboard.js";

// The entry page only finds out where the person's dashboard is.
await pause(300);
location.replace(address("plain", {}, location.href));
