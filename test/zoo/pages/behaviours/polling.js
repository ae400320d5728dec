import { askAndShow, drawBoth } from "../dashboard.js";

await drawBoth();
setInterval(() => void askAndShow("cpu", { poll: 1 }), 300);
