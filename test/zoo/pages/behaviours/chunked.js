import { address, askAndShow, show } from "../dashboard.js";

// One answer that comes in lines, drawn as they come.
async function fill() {
  const answer = await fetch(address("/zoo/lines", { series: "requests" }));
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = `${rest}${value}`.split("\n");
    rest = lines.pop();
    for (const line of lines) void show("requests", JSON.parse(line));
  }
}

await Promise.all([askAndShow("cpu", { lateMs: 120 }), fill()]);
