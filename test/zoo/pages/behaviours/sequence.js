import { ask, pause, show } from "../dashboard.js";

// The panel is loaded in six parts, half a second apart.
await show("cpu", await ask("cpu", { lateMs: 60 }));
const parts = [];
for (let part = 0; part < 6; part += 1) {
  parts.push(await ask("requests", { lateMs: 60, part }));
  await pause(500);
}
await show("requests", parts.at(-1));
