import { ask, bodyOf, show } from "../dashboard.js";

/** A chart that is drawn as soon as its box has a size. */
async function fill(name, lateMs) {
  const data = await ask(name, { lateMs });
  const observer = new ResizeObserver(() => {
    if (bodyOf(name).clientHeight === 0) return;
    observer.disconnect();
    void show(name, data);
  });
  observer.observe(bodyOf(name));
}

bodyOf("requests").style.display = "none";
setTimeout(() => bodyOf("requests").style.removeProperty("display"), 500);
await Promise.all([fill("cpu", 120), fill("requests", 200)]);
