/*
 * Draws the page: asks for the data that the address names, then four charts: the values over time by uPlot, the other
 * three in HTML and SVG. When the last one is drawn, <html data-chartbell-ready="true"> says so; <html data-chartbell-error>
 * says why it never will.
 */

const query = new URLSearchParams(location.search);
const root = document.documentElement;
const element = (id) => document.getElementById(id);
const pen = document.createElement("canvas").getContext("2d");
/** The drawn chart of the values over time. */
let plot;

// Names and numbers are written without Intl: its first use in a page takes longer than a chart.
const weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const isNarrow = () => innerWidth <= 640;
const isLow = () => innerHeight <= 640 && !isNarrow();
/** Text of the charts, CSS pixels: still readable when a chat room shows the picture at half its size. */
const textSize = () => (isNarrow() || isLow() ? 13 : 15);

chooseTheme();
await drawPage().catch(showError);

function chooseTheme() {
  const theme = query.get("theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
}

async function drawPage() {
  const data = await fetchData();
  element("loading").hidden = true;
  element("charts").ariaBusy = "false";
  fillHead(data);
  drawCharts(data);
  addEventListener("resize", () => drawCharts(data));
  root.dataset.chartbellReady = "true";
}

async function fetchData() {
  const response = await fetch(`data?${query}`, { headers: { accept: "application/json" } });
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  throw new Error(body.error ?? `The data address answered with status ${response.status}.`);
}

function showError(error) {
  element("loading").hidden = true;
  element("charts").hidden = true;
  element("reason").textContent = error.message;
  element("error").hidden = false;
  root.dataset.chartbellError = error.message;
}

function fillHead(data) {
  document.title = `${data.entity} ${data.title}`;
  element("entity").textContent = data.entity;
  element("title").textContent = data.title;
  element("range").textContent = describeRange(data);
  element("lines-title").textContent = data.unit === "" ? data.title : `${data.title}, ${data.unit}`;
  element("legend").replaceChildren(
    ...data.series.map(({ name }) =>
      Object.assign(document.createElement("li"), { textContent: shortName(name, data) }),
    ),
  );
  element("current").textContent = withUnit(data.current, data);
  element("current").dataset.state = data.current > data.threshold ? "bad" : "good";
  element("threshold").textContent = asGiven(data.threshold, data);
  element("facts").hidden = false;
  const status = (query.get("status") ?? "").toUpperCase();
  element("status").textContent = status;
  element("status").dataset.status = status;
  element("status").hidden = status === "";
}

/** `Tue 10 Mar 2026, 08:00 to 11:00 (3 h), UTC`, in the browser's time zone. */
function describeRange({ from, to }) {
  const days = [from, to].map((time) => {
    const date = new Date(time);
    return `${weekdays[date.getDay()]} ${dayOf(date)} ${date.getFullYear()}`;
  });
  const end = days[0] === days[1] ? clock(to) : `${days[1]}, ${clock(to)}`;
  return `${days[0]}, ${clock(from)} to ${end} (${describeSpan(to - from)}), ${zoneAt(to)}`;
}

/** `UTC`, `UTC+2`, `UTC-3:30` */
function zoneAt(time) {
  const minutes = -new Date(time).getTimezoneOffset();
  if (minutes === 0) return "UTC";
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? "-" : "+"}${hours}${rest === 0 ? "" : `:${twoDigits(rest)}`}`;
}

function describeSpan(ms) {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120 && minutes % 60 !== 0) return `${minutes} min`;
  const hours = minutes / 60;
  return hours < 72 ? `${Number(hours.toFixed(1))} h` : `${Number((hours / 24).toFixed(1))} days`;
}

/** The clock, with the day when the chart shows several. */
function moment(time, { from, to }) {
  if (to - from <= 24 * 3_600_000) return clock(time);
  return `${dayOf(new Date(time))} ${clock(time)}`;
}

/** The name without the domain that the whole group shares. */
function shortName(name, { heat }) {
  const domains = new Set(heat.entities.map((entity) => entity.slice(entity.indexOf("."))));
  return domains.size === 1 && name.indexOf(".") > 0 ? name.slice(0, name.indexOf(".")) : name;
}

/** `10 Mar` */
function dayOf(date) {
  return `${date.getDate()} ${months[date.getMonth()]}`;
}

/** `08:05` */
function clock(time) {
  const date = new Date(time);
  return `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}`;
}

function twoDigits(number) {
  return String(number).padStart(2, "0");
}

/** A value with as many decimals as its scale deserves, the same for all values of a chart. */
function withUnit(value, data) {
  return asText(value.toFixed(data.max >= 1000 ? 0 : data.max > 20 ? 1 : 2), data);
}

/** A threshold or the end of a scale, as it was given. */
function asGiven(value, data) {
  return asText(String(Number(value.toFixed(4))), data);
}

/** `1,234.5 ms` */
function asText(number, { unit }) {
  const [whole, ...decimals] = number.split(".");
  const text = [whole.replace(/\B(?=(?:\d{3})+$)/g, ","), ...decimals].join(".");
  return unit === "" ? text : `${text} ${unit}`;
}

function drawCharts(data) {
  for (const [id, draw] of Object.entries({ lines: drawLines, gauge: drawGauge, bars: drawBars, heat: drawHeat })) {
    element(id).replaceChildren();
    draw(element(id), data);
  }
}

/** The values over time, the entity's own on top, with the threshold and the time of the alert. */
function drawLines(box, data) {
  const colors = readColors();
  const [own, ...peers] = data.series;
  const current = withUnit(data.current, data);
  const line = (color, width) => ({ stroke: color, width, points: { show: false } });
  const options = {
    ms: 1,
    width: box.clientWidth,
    height: box.clientHeight,
    padding: [textSize() * 1.7, isNarrow() ? 6 : widthOf(current, font(textSize() + 2, "bold")) + 12, 0, 0],
    cursor: { show: false },
    legend: { show: false },
    scales: { x: { range: [data.from, data.to] }, y: { range: [data.min, data.max] } },
    axes: [timeAxis(colors), valueAxis(data, colors)],
    series: [
      {},
      ...peers.map(() => line(colors.peer, 1.6)),
      { ...line(split(data, colors, 1), 2.5), fill: split(data, colors, 0.08) },
    ],
    hooks: {
      drawClear: [(drawing) => drawAlert(drawing, data, colors)],
      draw: [(drawing) => drawLabels(drawing, data, current, colors)],
    },
  };
  const valuesOf = ({ points }) => points.map(([, value]) => value);
  plot?.destroy();
  plot = new uPlot(options, [own.points.map(([time]) => time), ...peers.map(valuesOf), valuesOf(own)], box);
}

/** The colours of portal.css, resolved for the theme in force: a canvas cannot read custom properties. */
function readColors() {
  const names = ["quiet", "line", "peer", "bad", "grid"];
  const probes = names.map((name) => {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.color = `var(--${name})`;
    return probe;
  });
  const colors = probes.map((probe) => getComputedStyle(probe).color);
  for (const probe of probes) probe.remove();
  return Object.fromEntries(names.map((name, index) => [name, colors[index]]));
}

function font(size = textSize(), weight = "") {
  return `${weight} ${size}px ${getComputedStyle(document.body).fontFamily}`;
}

function widthOf(text, textFont) {
  pen.font = textFont;
  return pen.measureText(text).width;
}

function faded(color, share) {
  const [red, green, blue] = color.match(/\d+/gu);
  return `rgba(${red}, ${green}, ${blue}, ${share})`;
}

/** Red above the threshold, the line's own colour below it. */
function split({ threshold }, colors, share) {
  return ({ ctx, bbox, valToPos }) => {
    const at = (valToPos(threshold, "y", true) - bbox.top) / bbox.height;
    const paint = ctx.createLinearGradient(0, bbox.top, 0, bbox.top + bbox.height);
    const stops = [0, at, at, 1].map((stop) => Math.min(1, Math.max(0, stop)));
    for (const [index, stop] of stops.entries()) {
      paint.addColorStop(stop, faded(index < 2 ? colors.bad : colors.line, share));
    }
    return paint;
  };
}

function timeAxis(colors) {
  const size = textSize();
  const dayMs = 24 * 3_600_000;
  const written = (time, stepMs) => {
    const date = new Date(time);
    const isMidnight = date.getHours() + date.getMinutes() + date.getSeconds() === 0;
    if (stepMs >= dayMs || (isMidnight && stepMs >= 3_600_000)) return dayOf(date);
    return stepMs < 60_000 ? `${clock(time)}:${twoDigits(date.getSeconds())}` : clock(time);
  };
  return {
    stroke: colors.quiet,
    font: font(),
    size: size + 12,
    gap: 4,
    space: isNarrow() ? 70 : isLow() ? 90 : 110,
    values: (_plot, times, _axis, _space, stepMs) => times.map((time) => written(time, stepMs)),
    grid: { show: false },
    ticks: { stroke: colors.peer, width: 1, size: 5 },
    border: { show: true, stroke: colors.peer, width: 1 },
  };
}

function valueAxis({ min, max }, colors) {
  const step = roundStep(max - min);
  const first = Math.ceil(min / step) * step;
  const splits = Array.from(
    { length: Math.floor((max - first) / step + 1e-6) + 1 },
    (_, index) => first + index * step,
  );
  const texts = splits.map((value) => asText(String(Number(value.toFixed(6))), { unit: "" }));
  return {
    stroke: colors.quiet,
    font: font(),
    size: Math.max(...texts.map((text) => widthOf(text, font()))) + 8,
    gap: 8,
    splits: () => splits,
    values: () => texts,
    grid: { stroke: colors.grid, width: 1 },
    ticks: { show: false },
  };
}

/** A step of 1, 2, 2.5 or 5 times a power of ten that divides the scale into at most four or five. */
function roundStep(span) {
  const least = span / (isLow() || isNarrow() ? 4 : 5);
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((step) => step >= least * 0.999);
}

/** The band of the alert's time, behind everything. */
function drawAlert({ ctx, bbox, valToPos }, { alert, to }, colors) {
  if (alert === null) return;
  const [left, right] = [alert.since, alert.until ?? to].map((time) => valToPos(time, "x", true));
  ctx.fillStyle = faded(colors.bad, 0.11);
  ctx.fillRect(left, bbox.top, right - left, bbox.height);
}

/** The line of the threshold, and the words. */
function drawLabels({ ctx, bbox, valToPos }, data, current, colors) {
  const scale = devicePixelRatio;
  const { alert, from, to, threshold } = data;
  const [x, y] = [(time) => valToPos(time, "x", true), (value) => valToPos(value, "y", true)];
  const right = bbox.left + bbox.width;
  const write = (text, left, top, { color = colors.bad, align = "left", size = textSize(), weight = "" }) => {
    Object.assign(ctx, { font: font(size * scale, weight), fillStyle: color, textAlign: align });
    ctx.fillText(text, left, top);
  };
  ctx.save();
  Object.assign(ctx, { strokeStyle: colors.bad, lineWidth: 1.8 * scale });
  ctx.setLineDash([7 * scale, 5 * scale]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y(threshold));
  ctx.lineTo(right, y(threshold));
  ctx.stroke();
  ctx.textBaseline = "bottom";
  write(`Threshold ${asGiven(threshold, data)}`, bbox.left + 5 * scale, y(threshold) - 4 * scale, {});
  if (alert !== null) {
    const end = alert.until ?? to;
    const span = `${moment(alert.since, data)} to ${moment(end, data)}`;
    const isRight = (alert.since + end) / 2 > (from + to) / 2;
    write(
      alert.until === null ? `Alert since ${moment(alert.since, data)}` : `Alert ${span}`,
      x(isRight ? end : alert.since),
      bbox.top - 4 * scale,
      { align: isRight ? "right" : "left", weight: "bold" },
    );
  }
  if (!isNarrow()) {
    ctx.textBaseline = "middle";
    const color = data.current > threshold ? colors.bad : colors.line;
    write(current, right + 8 * scale, y(data.current), { color, size: textSize() + 2, weight: "bold" });
  }
  ctx.restore();
}

/** An arc from left to right, with a thin rim outside that is red from the threshold on. */
function drawGauge(box, data) {
  const [width, height, centre] = [244, 176, 122];
  const units = Math.max(width / box.clientWidth, height / box.clientHeight);
  const share = (value) => (value - data.min) / (data.max - data.min);
  const arc = (radius, from, to, className) => {
    const [start, end] = [from, to].map((at) => {
      const angle = ((205 - 230 * Math.min(1, Math.max(0, at))) * Math.PI) / 180;
      return `${centre + radius * Math.cos(angle)} ${centre - radius * Math.sin(angle)}`;
    });
    const isLarge = (to - from) * 230 > 180 ? 1 : 0;
    return drawn("path", { class: className, d: `M ${start} A ${radius} ${radius} 0 ${isLarge} 1 ${end}` });
  };
  const written = (text, y, size, className) =>
    drawn("text", { class: className, x: centre, y, "font-size": size * units }, text);
  const state = data.current > data.threshold ? "bad" : "good";
  const current = withUnit(data.current, data);
  box.append(
    drawn(
      "svg",
      { class: "gauge", viewBox: `0 0 ${width} ${height}` },
      arc(118, 0, share(data.threshold), "rim"),
      arc(118, share(data.threshold), 1, "rim bad"),
      arc(97, 0, 1, "dial"),
      arc(97, 0, share(data.current), `dial ${state}`),
      written(current, centre + 6, textSize() * (current.length > 7 ? 1.45 : 2), `value ${state}`),
      written(`of ${asGiven(data.max, data)}`, centre + 42, textSize(), "of"),
    ),
  );
}

function drawn(name, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function part(className, text = "") {
  return Object.assign(document.createElement("span"), { className, textContent: text });
}

function drawBars(box, data) {
  for (const { entity, value } of data.top.slice(0, isLow() ? 4 : 5)) {
    const bar = part(value > data.threshold ? "bar bad" : "bar");
    bar.style.inlineSize = `${(100 * (value - data.min)) / (data.max - data.min)}%`;
    const track = part("track");
    track.append(bar);
    box.append(part("name", shortName(entity, data)), track, part("number", withUnit(value, data)));
  }
}

/** From the panel's own shade to blue below the threshold, red above it: the same meaning as in the other charts. */
function drawHeat(box, data) {
  const { times, entities, cells } = data.heat;
  const blue = (value) => 100 * ((value - data.min) / (data.threshold - data.min)) ** 1.4;
  box.style.setProperty("--columns", times.length);
  for (const [row, entity] of entities.entries()) {
    box.append(part("name", shortName(entity, data)));
    for (const [, , value] of cells.filter(([, at]) => at === row)) {
      const cell = part(value > data.threshold ? "cell bad" : "cell");
      if (value <= data.threshold)
        cell.style.background = `color-mix(in srgb, var(--line) ${blue(value)}%, var(--track))`;
      box.append(cell);
    }
  }
  for (const [column, time] of times.entries()) {
    if (column % 8 !== 0) continue;
    const label = part("at", moment(time, data));
    label.style.gridColumn = `${column + 2} / span 8`;
    box.append(label);
  }
}
