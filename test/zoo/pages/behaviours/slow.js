import { drawBoth } from "../dashboard.js";

await drawBoth({ lateMs: 1500 });
