import { drawBoth } from "../dashboard.js";

// A page that knows Chartbell: it says when its charts are finished, whatever else moves on it.
const canvas = document.querySelector("#wave");
const pen = canvas.getContext("2d");
let shift = 0;
const draw = () => {
  shift += 3;
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.fillRect(shift % canvas.width, 4, 12, 12);
  requestAnimationFrame(draw);
};
draw();
await drawBoth();
document.documentElement.dataset.chartbellReady = "true";
document.dispatchEvent(new CustomEvent("chartbell:ready"));
