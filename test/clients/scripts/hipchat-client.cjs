const HipChatClient = require("hipchat-client");

const { URL_BASE, TOKEN, ROOM } = process.env;
const client = new HipChatClient(TOKEN);
client.host = URL_BASE;
const message = {
  room_id: ROOM,
  from: "bot",
  message: "hipchat-client 97%",
  color: "purple",
  notify: 1,
  message_format: "text",
};
client.api.rooms.message(message, (error, answer) => {
  if (error || answer.status !== "sent") throw new Error(String(error ?? JSON.stringify(answer)));
});
