import { ask, show } from "../dashboard.js";

// Whatever arrives is drawn when nothing more has arrived for 250 ms.
const arrived = new Map();
let timer;
const arrive = (name, data) => {
  arrived.set(name, data);
  clearTimeout(timer);
  timer = setTimeout(() => {
    for (const [panel, series] of arrived) void show(panel, series);
  }, 250);
};
for (const [name, lateMs] of [
  ["cpu", 100],
  ["requests", 300],
]) {
  arrive(name, await ask(name, { lateMs }));
}
