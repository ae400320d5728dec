// Unread marks: of each room this browser keeps the last message that was seen.

import { showTimes } from "./times.js";

const roomsAskedMs = 60_000;
const seenKey = "chartbell.rooms.seen";

export function seen() {
  try {
    return JSON.parse(localStorage.getItem(seenKey)) ?? {};
  } catch {
    return {};
  }
}

export function keepSeen(roomId, sequence) {
  try {
    localStorage.setItem(seenKey, JSON.stringify({ ...seen(), [roomId]: sequence }));
  } catch {
    // A browser that keeps nothing shows no marks.
  }
}

/** Marks what has news: in the list of rooms at once, beside a room when the list was asked for. */
function markRooms(cards) {
  const messages = document.querySelector("#messages");
  const current = messages?.dataset.events === undefined ? undefined : messages.dataset.roomId;
  for (const { dataset } of cards) {
    const { roomId, last } = dataset;
    // What was there before this browser came is not news; nor is anything in a room that began anew.
    const known = seen()[roomId];
    if (known === undefined || known > Number(last)) keepSeen(roomId, Number(last));
    const isUnread = roomId !== current && known !== undefined && Number(last) > known;
    for (const link of document.querySelectorAll(`a[data-room-id="${roomId}"]`)) setUnread(link, isUnread);
  }
}

function setUnread(link, isUnread) {
  const mark = link.querySelector(".unread");
  if (!isUnread) mark?.remove();
  if (!isUnread || mark !== null) return;
  const sign = document.createElement("span");
  sign.className = "unread";
  sign.textContent = "new";
  link.querySelector("bdi").after(sign);
}

export function followRooms() {
  const list = document.querySelector("#cards");
  if (list === null && document.querySelector(".sidebar") === null) return;
  const ask = async () => {
    if (document.hidden) return;
    const answer = await fetch("/rooms", { redirect: "manual", headers: { accept: "text/html" } }).catch(
      () => undefined,
    );
    if (answer?.ok !== true) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("#cards");
    if (fresh === null) return;
    if (list !== null && !list.contains(document.activeElement)) {
      list.replaceChildren(...fresh.children);
      showTimes(list);
    }
    markRooms((list ?? fresh).querySelectorAll("[data-room-id]"));
  };
  if (list === null) void ask();
  else markRooms(list.querySelectorAll("[data-room-id]"));
  setInterval(ask, roomsAskedMs);
  document.addEventListener("visibilitychange", ask);
  addEventListener("pageshow", (event) => event.persisted && ask());
}

/** A line before the first message that came since this browser was here. */
export function showNews(messages, known) {
  if (known === undefined) return;
  const all = [...messages.querySelectorAll(".message")];
  const first = all.find((message) => Number(message.dataset.sequence) > known);
  if (first === undefined || first === all[0]) return;
  const line = document.createElement("div");
  line.className = "news";
  line.textContent = "New";
  first.classList.remove("continues");
  (first.previousElementSibling?.matches(".day") ? first.previousElementSibling : first).before(line);
}
