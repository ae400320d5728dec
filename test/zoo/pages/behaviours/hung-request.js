import { address, drawBoth } from "../dashboard.js";

// Annotations are asked for beside the charts; this server never answers.
void fetch(address("/zoo/hang", { for: "annotations" })).catch(() => undefined);
await drawBoth();
