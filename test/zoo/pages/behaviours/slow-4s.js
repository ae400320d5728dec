import { askAndShow, say } from "../dashboard.js";

// A client that gives up after eight seconds, as HTTP clients are configured to.
async function fill(name, lateMs) {
  try {
    await askAndShow(name, { lateMs }, { signal: AbortSignal.timeout(8000) });
  } catch {
    say(name, "The query timed out.", "failed");
  }
}

await Promise.all([fill("cpu", 200), fill("requests", 4000)]);
