// Times and days in the reader's own zone and language.

export function showTimes(root) {
  const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
  const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
  for (const time of root.querySelectorAll(".time time, .card-time")) {
    const at = new Date(time.dateTime);
    const later = time.matches(".card-time") && !isToday(at) ? shortDay(at) : clock.format(at);
    const text = recent(at) ?? later;
    time.title = whole.format(at);
    if (time.textContent !== text) time.textContent = text;
  }
}

/** As `5 min. ago`, within an hour; a clock that is ahead of ours says now. */
function recent(at) {
  const minutes = Math.floor((Date.now() - at.getTime()) / 60_000);
  if (minutes >= 60 || minutes < -60) return undefined;
  const words = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });
  return minutes < 1 ? words.format(0, "second") : words.format(-minutes, "minute");
}

export function showDays(messages) {
  for (const day of messages.querySelectorAll(".day")) day.remove();
  let last = "";
  for (const message of messages.querySelectorAll(".message")) last = separate(message, last);
}

/** Puts a separator before a message that begins a day; gives that day. */
export function separate(message, lastDay) {
  const at = new Date(message.querySelector("time").dateTime);
  const day = at.toDateString();
  if (day === lastDay) return day;
  const separator = document.createElement("div");
  separator.className = "day";
  const time = document.createElement("time");
  time.dateTime = `${at.getFullYear()}-${`${at.getMonth() + 1}`.padStart(2, "0")}-${`${at.getDate()}`.padStart(2, "0")}`;
  time.textContent = longDay(at);
  separator.append(time);
  message.before(separator);
  message.classList.remove("continues");
  return day;
}

function longDay(at) {
  const today = new Date();
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  const isThisYear = at.getFullYear() === today.getFullYear();
  if (isToday(at)) return "Today";
  if (at.toDateString() === yesterday.toDateString()) return "Yesterday";
  const year = isThisYear ? {} : { year: "numeric" };
  return new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long", ...year }).format(at);
}

function shortDay(at) {
  return new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" }).format(at);
}

function isToday(at) {
  return at.toDateString() === new Date().toDateString();
}
