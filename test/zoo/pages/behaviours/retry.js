import { askAndShow, pause } from "../dashboard.js";

// The first answer is 503; the client tries again after a second.
async function fill(name) {
  for (;;) {
    try {
      await askAndShow(name, { failures: 1 });
      return;
    } catch {
      await pause(1000);
    }
  }
}

await Promise.all([askAndShow("cpu", { lateMs: 120 }), fill("requests")]);
