import { address, askAndShow, say } from "../dashboard.js";

// A hung request beside a slow one, and a client that gives the slow one ten seconds.
void fetch(address("/zoo/hang", { for: "annotations" })).catch(() => undefined);

async function fill(name, lateMs) {
  try {
    await askAndShow(name, { lateMs }, { signal: AbortSignal.timeout(10_000) });
  } catch {
    say(name, "The query timed out.", "failed");
  }
}

await Promise.all([fill("cpu", 120), fill("requests", 2000)]);
