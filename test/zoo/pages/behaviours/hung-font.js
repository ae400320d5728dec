import { drawBoth } from "../dashboard.js";

await drawBoth();
