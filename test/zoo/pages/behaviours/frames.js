import { drawBoth } from "../dashboard.js";

// The figure in the head counts up, one step per frame.
const figure = document.querySelector("#figure");
await drawBoth();
let step = 0;
const count = () => {
  step += 1;
  figure.textContent = `${Math.round((step / 60) * 4812)} requests`;
  if (step < 60) requestAnimationFrame(count);
};
requestAnimationFrame(count);
