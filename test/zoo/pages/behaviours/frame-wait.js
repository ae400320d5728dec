import { ask, drawBoth, show } from "../dashboard.js";

const frame = () => new Promise(requestAnimationFrame);

// Frames are let go by, in which nothing is to be seen, before the first chart is drawn again.
const next = await ask("memory", { lateMs: 100 });
await drawBoth();
for (let index = 0; index < 16; index += 1) await frame();
await show("cpu", next);
