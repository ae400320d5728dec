import { ask, bodyOf, element, show } from "../dashboard.js";

async function fill(name, lateMs) {
  bodyOf(name).append(element("div", "skeleton"));
  const data = await ask(name, { lateMs });
  bodyOf(name).replaceChildren();
  await show(name, data);
}

await Promise.all([fill("cpu", 400), fill("requests", 1100)]);
