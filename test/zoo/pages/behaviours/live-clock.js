import { drawBoth } from "../dashboard.js";

const clock = document.querySelector("#clock");
const tick = () => {
  clock.textContent = new Date().toISOString().slice(11, 19);
};
tick();
setInterval(tick, 1000);
await drawBoth();
