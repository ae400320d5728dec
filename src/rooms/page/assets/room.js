// Makes a room's page live. Without it the page shows the same messages, in UTC, until it is loaded again, and takes the
// same forms.

import { prepareCompose } from "./compose.js";
import { followRooms, keepSeen, seen, showNews } from "./news.js";
import { prepareRing } from "./ring.js";
import { separate, showDays, showTimes } from "./times.js";
import { prepareViewer } from "./viewer.js";

const messages = document.querySelector("#messages");
const log = document.querySelector("#log");
const pill = document.querySelector("#pill");

const messagesKeptMax = 400;
const lostAfterMs = 3000;
const retryMs = { first: 1000, last: 30_000 };
const timesShownMs = 30_000;

showTimes(document);
setInterval(showTimes, timesShownMs, document);
applyStyles(document);
if (messages !== null) {
  showDays(messages);
  showLinked();
  if (messages.dataset.events !== undefined) goLive();
  prepareViewer(messages);
  prepareParents();
}
prepareKeys();
const compose = document.querySelector("#compose");
if (compose !== null) prepareCompose(compose, log);
followRooms();

/** The message that the address names, in the middle of the window. */
function showLinked() {
  const named = location.hash === "" ? null : document.getElementById(location.hash.slice(1));
  const message = named ?? messages.querySelector(".is-linked");
  message?.scrollIntoView({ block: "center" });
}

/** The message that another answers is often on this page already. */
function prepareParents() {
  messages.addEventListener("click", (event) => {
    const link = event.target.closest(".parent");
    const message = link === null ? null : document.getElementById(new URL(link.href).hash.slice(1));
    if (message === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    location.hash = message.id;
  });
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

/* Keys: `/` goes to the search, Escape back to the messages. */

function prepareKeys() {
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches("input, textarea, select, [contenteditable]");
    if (event.key === "Escape" && isTyping && !event.isComposing) {
      event.target.blur();
      log?.focus({ preventScroll: true });
    }
    if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    const field = [...document.querySelectorAll("[type=search]")].find((one) => one.checkVisibility());
    if (field === undefined) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
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
  const ring = prepareRing(messages.dataset.room);
  showNews(messages, seen()[messages.dataset.roomId]);
  const sawAll = () => document.hidden || keepSeen(messages.dataset.roomId, lastSequence);
  sawAll();

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
    ring(message);
    sawAll();
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
    sawAll();
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
