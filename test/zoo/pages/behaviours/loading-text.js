import { ask, askAndShow, say, show, bodyOf } from "../dashboard.js";

// No class name tells what this text is.
async function fill(name) {
  say(name, "Loading …");
  const data = await ask(name, { lateMs: 700 });
  bodyOf(name).replaceChildren();
  await show(name, data);
}

await Promise.all([askAndShow("cpu", { lateMs: 120 }), fill("requests")]);
