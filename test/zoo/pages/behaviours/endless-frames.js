import { drawBoth } from "../dashboard.js";

// A live wave that moves with every frame and never ends.
const canvas = document.querySelector("#wave");
const pen = canvas.getContext("2d");
let shift = 0;
const draw = () => {
  shift += 1;
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = "#2f80ed";
  for (let x = 0; x < canvas.width; x += 2) {
    const height = 10 + 8 * Math.sin((x + shift) / 6);
    pen.fillRect(x, canvas.height - height, 2, height);
  }
  requestAnimationFrame(draw);
};
draw();
await drawBoth();
