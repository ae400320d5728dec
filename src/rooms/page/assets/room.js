// Makes a room's page live. Without it the page shows the same messages, in UTC, until it is loaded again.

const messages = document.querySelector("#messages");
const log = document.querySelector("#log");
const pill = document.querySelector("#pill");

const messagesKeptMax = 400;
const lostAfterMs = 3000;
const retryMs = { first: 1000, last: 30_000 };

showTimes(document);
applyStyles(document);
if (messages !== null) {
  showDays();
  if (messages.dataset.events !== undefined) goLive();
  prepareViewer();
}

/* Times and days in the reader's own zone and language. */

function showTimes(root) {
  const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
  const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
  for (const time of root.querySelectorAll(".time time, .card-time")) {
    const at = new Date(time.dateTime);
    time.title = whole.format(at);
    time.textContent = time.matches(".card-time") && !isToday(at) ? shortDay(at) : clock.format(at);
  }
}

function showDays() {
  for (const day of messages.querySelectorAll(".day")) day.remove();
  let last = "";
  for (const message of messages.querySelectorAll(".message")) last = separate(message, last);
}

/** Puts a separator before a message that begins a day; gives that day. */
function separate(message, lastDay) {
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

/** The page's policy forbids style attributes; these few properties the server has checked. */
function applyStyles(root) {
  for (const element of root.querySelectorAll("[data-style]")) {
    for (const declaration of element.dataset.style.split(";")) {
      const [property, value] = declaration.split(":");
      element.style.setProperty(property, value);
    }
  }
}

/* New messages. */

function goLive() {
  const title = document.title;
  let lastSequence = Number(messages.dataset.last);
  let unseen = 0;
  let unread = 0;
  let source;
  let retryInMs = retryMs.first;
  let lostTimer;

  const isAtEnd = () => log.scrollTop > -80;
  const showUnread = () => (document.title = unread === 0 ? title : `(${unread}) ${title}`);

  function connect() {
    source = new EventSource(`${messages.dataset.events}?after=${lastSequence}`);
    source.addEventListener("open", () => {
      retryInMs = retryMs.first;
      clearTimeout(lostTimer);
      lostTimer = undefined;
      setState("live", "Live");
    });
    source.addEventListener("message", (event) => take(Number(event.lastEventId), JSON.parse(event.data)));
    source.addEventListener("error", () => {
      lostTimer ??= setTimeout(setState, lostAfterMs, "lost", "Connection lost, trying again");
      // The browser tries again by itself unless the server refused; then it is up to this page.
      if (source.readyState === EventSource.CLOSED) {
        setTimeout(connect, retryInMs);
        retryInMs = Math.min(retryInMs * 2, retryMs.last);
      }
    });
  }

  function take(sequence, html) {
    if (sequence <= lastSequence) return;
    lastSequence = sequence;
    document.querySelector("#empty")?.remove();
    const template = document.createElement("template");
    template.innerHTML = html;
    showTimes(template.content);
    applyStyles(template.content);
    const message = template.content.querySelector(".message");
    const previous = messages.querySelector(".message:last-child time");
    showTopic(message.querySelector("[data-topic]"));
    message.classList.add("is-new");
    const wasAtEnd = isAtEnd();
    keepPlace(wasAtEnd, () => {
      messages.append(message);
      separate(message, previous === null ? "" : new Date(previous.dateTime).toDateString());
      if (wasAtEnd) dropOldest();
    });
    if (!wasAtEnd) showPill(unseen + 1);
    if (document.hidden) {
      unread += 1;
      showUnread();
    }
  }

  function showTopic(change) {
    const topic = document.querySelector("#topic");
    if (change !== null && topic !== null) topic.textContent = change.dataset.topic;
  }

  function showPill(count) {
    unseen = count;
    pill.hidden = count === 0;
    pill.textContent = count === 1 ? "1 new message ↓" : `${count} new messages ↓`;
  }

  pill.addEventListener("click", () => {
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    log.scrollTo({ top: 0, behavior: isStill ? "instant" : "smooth" });
  });
  log.addEventListener("scroll", () => isAtEnd() && unseen > 0 && showPill(0), { passive: true });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    unread = 0;
    showUnread();
  });
  addEventListener("pagehide", () => source.close());
  // A page that comes back from the browser's cache has missed what was said since.
  addEventListener("pageshow", (event) => event.persisted && connect());
  connect();
}

/** A reader who scrolled up keeps what they read in place, also where the browser does not see to it. */
function keepPlace(wasAtEnd, change) {
  if (wasAtEnd) {
    change();
    log.scrollTop = 0;
    return;
  }
  const mark = messages.firstElementChild;
  const before = mark.getBoundingClientRect().top;
  change();
  log.scrollTop += mark.getBoundingClientRect().top - before;
}

function dropOldest() {
  const all = messages.querySelectorAll(".message");
  for (const old of [...all].slice(0, Math.max(0, all.length - messagesKeptMax))) {
    if (old.previousElementSibling?.matches(".day") && old.nextElementSibling?.matches(".day")) {
      old.previousElementSibling.remove();
    }
    old.remove();
  }
}

function setState(state, text) {
  const element = document.querySelector("#state");
  element.dataset.state = state;
  const label = element.querySelector(".state-text");
  if (label.textContent !== text) label.textContent = text;
}

/* Pictures at full size: a click on one opens it here; a click with a key held opens its link, as ever. */

function prepareViewer() {
  const viewer = document.querySelector("#viewer");
  const stage = viewer.querySelector(".viewer-stage");
  const picture = viewer.querySelector(".viewer-picture");
  let current;

  function show(link) {
    current = link;
    const preview = link.querySelector("img");
    const figure = link.closest("figure");
    stage.classList.remove("is-actual");
    picture.src = link.href;
    picture.alt = preview.alt;
    viewer.querySelector(".viewer-name").textContent = figure.querySelector(".file-name").textContent;
    viewer.querySelector(".viewer-open").href = link.href;
    if (!viewer.open) viewer.showModal();
  }

  function step(by) {
    const links = [...messages.querySelectorAll(".picture-link")];
    const next = links[links.indexOf(current) + by];
    if (next !== undefined) show(next);
  }

  messages.addEventListener("click", (event) => {
    const link = event.target.closest(".picture-link");
    if (link === null || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    show(link);
  });
  viewer.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  });
  stage.addEventListener("click", (event) => {
    if (event.target === picture) stage.classList.toggle("is-actual");
    else viewer.close();
  });
  viewer.querySelector(".viewer-close").addEventListener("click", () => viewer.close());
  viewer.addEventListener("close", () => picture.removeAttribute("src"));
}
