import { address, bodyOf } from "../dashboard.js";

// Charts drawn by the server, as Graphite and RRDtool do.
for (const [name, lateMs] of [
  ["cpu", 300],
  ["requests", 1200],
]) {
  const image = new Image(400, 240);
  image.src = address("/zoo/picture.svg", { series: name, lateMs });
  bodyOf(name).append(image);
}
