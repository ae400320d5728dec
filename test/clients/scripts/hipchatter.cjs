const Hipchatter = require("hipchatter");

const { URL_BASE, TOKEN, ROOM } = process.env;
const client = new Hipchatter(TOKEN, `${URL_BASE}/v2/`);
const told = (what) => (error) => {
  if (error) throw new Error(`${what}: ${error.message ?? error}`);
};
const colour = { message: "hipchatter <b>97%</b>", color: "red", notify: true, message_format: "html", from: "bot" };
client.notify(ROOM, { ...colour, token: TOKEN }, (error) => {
  told("notify")(error);
  client.set_topic(ROOM, "hipchatter's topic", (topicError) => {
    told("set_topic")(topicError);
    client.history(ROOM, (historyError, history) => {
      told("history")(historyError);
      if (!history.items.some(({ message }) => message === colour.message))
        throw new Error("It is not in the history.");
    });
  });
});
