import { ask, bodyOf, element, show } from "../dashboard.js";

/** A spinner in each panel until its data is there. */
async function fill(name, lateMs) {
  const spinner = bodyOf(name).appendChild(element("div", "spinner"));
  const data = await ask(name, { lateMs });
  spinner.remove();
  await show(name, data);
}

await Promise.all([fill("cpu", 500), fill("requests", 900)]);
