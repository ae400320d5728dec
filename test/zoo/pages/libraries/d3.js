/* global d3 */

const colors = ["#2f80ed", "#f2994a", "#27ae60"];
const margin = { left: 44, right: 16, top: 24, bottom: 28 };

export function draw(container, data) {
  const width = container.clientWidth;
  const height = container.clientHeight;
  const isFirst = container.querySelector("svg") === null;
  const svg = isFirst ? d3.select(container).append("svg") : d3.select(container).select("svg");
  svg.attr("width", width).attr("height", height);
  const x = d3
    .scaleBand()
    .domain(data.labels)
    .range([margin.left, width - margin.right])
    .padding(0.25);
  const top = d3.max(data.series, ({ values }) => d3.max(values));
  const y = d3
    .scaleLinear()
    .domain([0, top])
    .nice()
    .range([height - margin.bottom, margin.top]);
  if (isFirst) drawAxes(svg, x, y, data);
  return data.kind === "bar" ? drawBars(svg, x, y, data) : drawLines(svg, x, y, data, isFirst);
}

function drawAxes(svg, x, y, data) {
  const ticks = data.labels.filter((_, index) => index % 4 === 0);
  const bottom = svg.append("g").attr("transform", `translate(0,${y.range()[0]})`);
  bottom.call(d3.axisBottom(x).tickValues(ticks));
  const left = svg.append("g").attr("transform", `translate(${x.range()[0]},0)`);
  left.call(d3.axisLeft(y).ticks(6));
  svg.append("text").attr("x", 8).attr("y", 14).attr("fill", "currentColor").text(data.unit);
}

/** Bars that grow one after the other. */
async function drawBars(svg, x, y, data) {
  const inner = d3
    .scaleBand()
    .domain(data.series.map(({ name }) => name))
    .range([0, x.bandwidth()]);
  const bars = data.series.flatMap(({ name, values }, series) =>
    values.map((value, index) => ({ key: `${name} ${index}`, name, series, value, label: data.labels[index] })),
  );
  await svg
    .selectAll("rect")
    .data(bars, ({ key }) => key)
    .join((enter) =>
      enter
        .append("rect")
        .attr("x", ({ label, name }) => x(label) + inner(name))
        .attr("width", inner.bandwidth())
        .attr("fill", ({ series }) => colors[series])
        .attr("y", y(0))
        .attr("height", 0),
    )
    .transition()
    .delay((_, index) => index * 25)
    .duration(750)
    .attr("y", ({ value }) => y(value))
    .attr("height", ({ value }) => y(0) - y(value))
    .end();
}

/** Lines drawn from left to right, then their points, one by one. */
async function drawLines(svg, x, y, data, isFirst) {
  const middle = x.bandwidth() / 2;
  const line = d3
    .line()
    .x((_, index) => x(data.labels[index]) + middle)
    .y((value) => y(value))
    .curve(d3.curveMonotoneX);
  if (!isFirst) {
    const known = svg.selectAll("path.series").data(data.series, ({ name }) => name);
    known
      .transition()
      .duration(250)
      .attr("d", ({ values }) => line(values));
    return;
  }
  const paths = svg
    .selectAll("path.series")
    .data(data.series, ({ name }) => name)
    .join((enter) => enter.append("path").attr("class", "series").attr("fill", "none").attr("stroke-width", 2))
    .attr("stroke", (_, index) => colors[index])
    .attr("d", ({ values }) => line(values));
  await paths
    .attr("stroke-dasharray", function () {
      return `${this.getTotalLength()} ${this.getTotalLength()}`;
    })
    .attr("stroke-dashoffset", function () {
      return this.getTotalLength();
    })
    .transition()
    .duration(900)
    .ease(d3.easeCubicInOut)
    .attr("stroke-dashoffset", 0)
    .end();
  const points = data.series[0].values.map((value, index) => ({ value, label: data.labels[index] }));
  await svg
    .selectAll("circle")
    .data(points, ({ label }) => label)
    .join((enter) =>
      enter
        .append("circle")
        .attr("cx", ({ label }) => x(label) + middle)
        .attr("cy", ({ value }) => y(value))
        .attr("fill", colors[0])
        .attr("r", 0),
    )
    .transition()
    .delay((_, index) => index * 15)
    .duration(250)
    .attr("r", 3)
    .end();
}
