import { address, drawBoth } from "../dashboard.js";

// Asks for news; the server answers when there are some, after half a minute at the latest.
const listen = async () => {
  for (;;) await fetch(address("/zoo/news"));
};
listen().catch(() => undefined);
await drawBoth();
