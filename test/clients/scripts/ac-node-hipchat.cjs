const client = require("ac-node-hipchat/lib/rest-client")();

const { URL_BASE, TOKEN, ROOM } = process.env;
const options = { color: "green", notify: false, from: "bot", format: "text" };
client.sendNotification(`${URL_BASE}/v2/room/${ROOM}/notification`, TOKEN, "ac-node-hipchat 97%", options).then(
  () => undefined,
  (error) => {
    process.stderr.write(`${error.message ?? error}\n`);
    process.exitCode = 1;
  },
);
