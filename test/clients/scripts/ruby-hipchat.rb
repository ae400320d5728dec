# Ruby 3 lacks the method that this gem calls.
require "uri"
module URI
  def self.escape(text) = DEFAULT_PARSER.escape(text.to_s)
end
require "base64"
require "hipchat"

room = HipChat::Client.new(ENV["TOKEN"], api_version: "v2", server_url: ENV["URL_BASE"])[ENV["ROOM"]]
room.send("bot", "ruby-hipchat <b>97%</b>", color: "red", notify: true)
room.send_file("bot", "ruby-hipchat's chart", File.open(ENV["PICTURE"], "rb"))
