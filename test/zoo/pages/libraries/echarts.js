import { drawWith } from "./echarts-draw.js";

export const draw = drawWith("canvas");
