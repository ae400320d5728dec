const notifier = require("hipchat-notifier");

const { TLS_HOST, TOKEN, ROOM } = process.env;
notifier.make(ROOM, TOKEN, "bot", TLS_HOST, true).failure("hipchat-notifier 97%", (error, response) => {
  if (error || response.statusCode !== 204) throw new Error(String(error ?? response.statusCode));
});
