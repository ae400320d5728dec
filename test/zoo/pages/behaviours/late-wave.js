import { ask, drawBoth, pause, show } from "../dashboard.js";

// Long after everything is drawn and quiet, the page asks for more.
await drawBoth();
await pause(3200);
await show("cpu", await ask("memory"));
