import { askAndShow, say } from "../dashboard.js";

async function fill(name, options) {
  try {
    await askAndShow(name, options);
  } catch (error) {
    say(name, `Query failed: ${error.message}`, "failed");
  }
}

await Promise.all([fill("cpu", { lateMs: 120 }), fill("requests", { lateMs: 200 }), fill("memory", { status: 500 })]);
