import { address, show } from "../dashboard.js";

const url = address("/zoo/socket");
url.protocol = "ws:";
const socket = new WebSocket(url);
socket.addEventListener("open", () => socket.send(JSON.stringify({ subscribe: ["cpu", "requests"] })));
socket.addEventListener("message", ({ data }) => {
  const message = JSON.parse(data);
  if (message.type === "series") void show(message.name, message.data);
});
