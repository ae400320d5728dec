/*
 * Draws the page: asks for the data that the address names, then four ECharts charts, which move only where motion is
 * welcome: a picture is ready sooner without. When the last chart has finished, <html data-chartbell-ready="true"> says so;
 * <html data-chartbell-error> says why it never will.
 */
import { init } from "./charts.min.js";

const query = new URLSearchParams(location.search);
const root = document.documentElement;
const element = (id) => document.getElementById(id);

// Names and numbers are written without Intl: its first use in a page takes longer than a chart.
const weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const isNarrow = () => innerWidth <= 640;
const isLow = () => innerHeight <= 640 && !isNarrow();
/** Text of the charts, CSS pixels: still readable when a chat room shows the picture at half its size. */
const textSize = () => (isNarrow() || isLow() ? 13 : 15);

/** The axis labels lie inside the box, which keeps what their descenders need. */
const grid = { left: 0, right: 0, top: 4, bottom: 7, outerBoundsMode: "same", outerBoundsContain: "axisLabel" };

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
  const colors = readColors();
  const drawings = { lines: linesOption, gauge: gaugeOption, bars: barsOption, heat: heatOption };
  await Promise.all(Object.entries(drawings).map(([id, option]) => draw(element(id), () => option(data, colors))));
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

/** Resolves when the chart has drawn its last frame. */
function draw(box, option) {
  const chart = init(box);
  const finished = new Promise((resolve) => chart.on("finished", resolve));
  chart.setOption(option());
  addEventListener("resize", () => {
    chart.resize();
    chart.setOption({ ...option(), animation: false }, { notMerge: true });
  });
  return finished;
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

/** The colours of portal.css, resolved for the theme in force: a canvas cannot read custom properties. */
function readColors() {
  const probe = document.body.appendChild(document.createElement("i"));
  const names = ["panel", "text", "quiet", "line", "peer", "bad", "track", "grid"];
  const colors = Object.fromEntries(
    names.map((name) => {
      probe.style.color = `var(--${name})`;
      return [name, getComputedStyle(probe).color];
    }),
  );
  probe.remove();
  return colors;
}

function faded(color, share) {
  const [red, green, blue] = color.match(/\d+/gu);
  return `rgba(${red}, ${green}, ${blue}, ${share})`;
}

function base(colors) {
  const family = getComputedStyle(document.body).fontFamily;
  const animation = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  return { animation, textStyle: { fontFamily: family, fontSize: textSize(), color: colors.quiet } };
}

function linesOption(data, colors) {
  const size = textSize();
  const labelWidth = isNarrow() ? 0 : withUnit(data.current, data).length * (size + 2) * 0.52 + 10;
  return {
    ...base(colors),
    grid: { ...grid, right: labelWidth, top: size * 1.7 },
    xAxis: timeAxis(data, colors),
    yAxis: valueAxis(data, colors),
    visualMap: {
      show: false,
      seriesIndex: 0,
      dimension: 1,
      type: "piecewise",
      pieces: [
        { gt: data.threshold, lte: data.max, color: colors.bad },
        { gte: data.min, lte: data.threshold, color: colors.line },
      ],
    },
    series: data.series.map((series, index) =>
      index === 0 ? mainLine(series, data, colors) : peerLine(series, colors),
    ),
  };
}

function timeAxis({ from, to }, colors) {
  return {
    type: "time",
    min: from,
    max: to,
    splitNumber: isNarrow() ? 3 : isLow() ? 6 : 8,
    axisLine: { lineStyle: { color: colors.peer } },
    axisTick: { show: true, lineStyle: { color: colors.peer } },
    axisLabel: {
      color: colors.quiet,
      fontSize: textSize(),
      hideOverlap: true,
      alignMinLabel: "left",
      alignMaxLabel: "right",
      formatter: {
        year: "{yyyy}",
        month: "{d} {MMM}",
        day: "{d} {MMM}",
        hour: "{HH}:{mm}",
        minute: "{HH}:{mm}",
        second: "{HH}:{mm}:{ss}",
        none: "{HH}:{mm}",
      },
    },
    splitLine: { show: false },
  };
}

function valueAxis({ min, max }, colors) {
  return {
    type: "value",
    min,
    max,
    interval: roundStep(max - min),
    axisLabel: { color: colors.quiet, fontSize: textSize() },
    splitLine: { lineStyle: { color: colors.grid } },
  };
}

/** The scale in three to five equal steps of 1, 2, 2.5 or 5 times a power of ten. */
function roundStep(span) {
  const steps = (isLow() || isNarrow() ? [4, 5, 3] : [5, 4, 3]).map((count) => span / count);
  return steps.find((step) => [1, 2, 2.5, 5].includes(Number((step / 10 ** Math.floor(Math.log10(step))).toFixed(6))));
}

function mainLine({ name, points }, data, colors) {
  return {
    name,
    type: "line",
    data: points,
    showSymbol: false,
    z: 5,
    lineStyle: { width: 2.5 },
    areaStyle: { opacity: 0.08 },
    endLabel: {
      show: !isNarrow(),
      distance: 8,
      formatter: withUnit(data.current, data),
      color: data.current > data.threshold ? colors.bad : colors.line,
      fontSize: textSize() + 2,
      fontWeight: "bold",
    },
    markLine: thresholdLine(data, colors),
    markArea: data.alert === null ? undefined : alertBand(data, colors),
  };
}

function peerLine({ name, points }, colors) {
  return { name, type: "line", data: points, showSymbol: false, z: 3, color: colors.peer, lineStyle: { width: 1.6 } };
}

function thresholdLine(data, colors) {
  return {
    silent: true,
    symbol: "none",
    lineStyle: { color: colors.bad, type: [7, 5], width: 1.8 },
    label: {
      position: "insideStartTop",
      formatter: `Threshold ${asGiven(data.threshold, data)}`,
      color: colors.bad,
      fontSize: textSize(),
    },
    data: [{ yAxis: data.threshold }],
  };
}

function alertBand(data, colors) {
  const { alert, from, to } = data;
  const end = alert.until ?? to;
  const text =
    alert.until === null
      ? `Alert since ${moment(alert.since, data)}`
      : `Alert ${moment(alert.since, data)} to ${moment(end, data)}`;
  const sitsRight = (alert.since + end) / 2 > (from + to) / 2;
  return {
    silent: true,
    itemStyle: { color: faded(colors.bad, 0.11) },
    label: {
      position: sitsRight ? ["100%", -textSize() * 1.3] : ["0%", -textSize() * 1.3],
      align: sitsRight ? "right" : "left",
      color: colors.bad,
      fontSize: textSize(),
      fontWeight: "bold",
    },
    data: [[{ name: text, xAxis: alert.since }, { xAxis: end }]],
  };
}

function gaugeOption(data, colors) {
  const share = (data.threshold - data.min) / (data.max - data.min);
  const color = data.current > data.threshold ? colors.bad : colors.line;
  const text = withUnit(data.current, data);
  const width = isLow() ? 13 : 20;
  const dial = {
    type: "gauge",
    startAngle: 205,
    endAngle: -25,
    center: ["50%", isLow() ? "63%" : "61%"],
    min: data.min,
    max: data.max,
    axisTick: { show: false },
    splitLine: { show: false },
    axisLabel: { show: false },
    pointer: { show: false },
  };
  return {
    ...base(colors),
    series: [
      {
        ...dial,
        radius: isLow() ? "102%" : "100%",
        progress: { show: true, width, itemStyle: { color } },
        axisLine: { lineStyle: { width, color: [[1, colors.track]] } },
        detail: {
          offsetCenter: [0, "-2%"],
          formatter: text,
          color,
          fontSize: textSize() * (text.length > 7 ? 1.45 : 2),
          fontWeight: "bold",
        },
        title: { offsetCenter: [0, "34%"], color: colors.quiet, fontSize: textSize() },
        data: [{ value: data.current, name: `of ${asGiven(data.max, data)}` }],
      },
      {
        // A thin rim outside the dial: red from the threshold on.
        ...dial,
        radius: isLow() ? "114%" : "110%",
        axisLine: {
          lineStyle: {
            width: 4,
            color: [
              [share, colors.track],
              [1, colors.bad],
            ],
          },
        },
        detail: { show: false },
      },
    ],
  };
}

function barsOption(data, colors) {
  const size = textSize();
  const shown = data.top.slice(0, isLow() ? 4 : 5);
  const rows = { type: "category", inverse: true, axisLine: { show: false }, axisTick: { show: false } };
  const label = { color: colors.text, fontSize: size, interval: 0 };
  return {
    ...base(colors),
    grid,
    xAxis: { type: "value", min: data.min, max: data.max, show: false },
    yAxis: [
      {
        ...rows,
        data: shown.map(({ entity }) => shortName(entity, data)),
        axisLabel: { ...label, width: isLow() ? 90 : 120, overflow: "truncate" },
      },
      { ...rows, data: shown.map(({ value }) => withUnit(value, data)), axisLabel: label },
    ],
    series: [
      {
        type: "bar",
        barWidth: "52%",
        showBackground: true,
        backgroundStyle: { color: colors.track, borderRadius: 3 },
        data: shown.map(({ value }) => ({
          value,
          itemStyle: { color: value > data.threshold ? colors.bad : colors.line, borderRadius: 3 },
        })),
      },
    ],
  };
}

function heatOption(data, colors) {
  const { times, entities, cells } = data.heat;
  const size = textSize();
  return {
    ...base(colors),
    grid,
    xAxis: {
      type: "category",
      data: times.map((time) => moment(time, data)),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { color: colors.quiet, fontSize: size, interval: 7 },
    },
    yAxis: {
      type: "category",
      inverse: true,
      data: entities.map((entity) => shortName(entity, data)),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { color: colors.text, fontSize: size, interval: 0, width: isLow() ? 90 : 120, overflow: "truncate" },
    },
    visualMap: { show: false, min: data.min, max: data.max, inRange: { color: heatColors(data, colors) } },
    series: [
      { type: "heatmap", data: cells, itemStyle: { borderColor: colors.panel, borderWidth: 2, borderRadius: 3 } },
    ],
  };
}

/** From the panel's own shade to blue below the threshold, red above it: the same meaning as in the other charts. */
function heatColors({ min, max, threshold }, colors) {
  const steps = 40;
  const share = (threshold - min) / (max - min);
  return Array.from({ length: steps + 1 }, (_, step) =>
    step / steps > share ? colors.bad : mixed(colors.track, colors.line, (step / steps / share) ** 1.4),
  );
}

function mixed(one, other, share) {
  const [from, to] = [one, other].map((color) => color.match(/\d+/gu).map(Number));
  return `rgb(${from
    .slice(0, 3)
    .map((value, index) => Math.round(value + (to[index] - value) * share))
    .join(", ")})`;
}
