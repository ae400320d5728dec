import { address, show } from "../dashboard.js";

// The data comes as events; the stream stays open and beats every second.
const events = new EventSource(address("/zoo/events"));
for (const name of ["cpu", "requests"]) {
  events.addEventListener(name, ({ data }) => void show(name, JSON.parse(data)), { once: true });
}
