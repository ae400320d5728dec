import { draw } from "library";

/*
 * What the pages of a small monitoring dashboard share: asking for series, and drawing them in panels. The library is
 * whichever the page was built with; it draws with its normal animation.
 */

const query = new URLSearchParams(location.search);

/** The id of this load of the page; it goes with every request, as a session or a trace id does. */
export const load = query.get("id") ?? "none";

export const isDark = document.documentElement.dataset.theme === "dark";

export const pause = (ms) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

export function address(path, values = {}, origin = location.origin) {
  const url = new URL(path, origin);
  for (const [name, value] of Object.entries({ ...values, id: load })) url.searchParams.set(name, value);
  return url;
}

/** The series of one panel; `options` go to the server: how late it answers, which status, and so on. */
export async function ask(series, options = {}, init = {}) {
  const answer = await fetch(address("/zoo/data", { series, ...options }), init);
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  return await answer.json();
}

export function bodyOf(name) {
  return document.querySelector(`#${name} .panel-body`);
}

/** Shows another page in a panel. */
export function embed(name, url) {
  const frame = document.createElement("iframe");
  frame.width = "400";
  frame.height = "400";
  frame.style.border = "0";
  frame.src = url;
  bodyOf(name).append(frame);
}

/** Draws into a panel; resolves when the library says that it has finished. A second call updates the chart. */
export function show(name, data) {
  return draw(bodyOf(name), data);
}

export async function askAndShow(name, options = {}, init = {}) {
  await show(name, await ask(name, options, init));
}

export function say(name, text, kind = "") {
  const message = document.createElement("div");
  message.className = `message ${kind}`.trim();
  message.textContent = text;
  bodyOf(name).replaceChildren(message);
}

/** The two charts that most pages have. */
export function drawBoth(options = {}) {
  return Promise.all([
    askAndShow("cpu", { lateMs: 120, ...options }),
    askAndShow("requests", { lateMs: 200, ...options }),
  ]);
}

export function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}
