/* Draws bars on a canvas that the page gave away, growing for a second. */
const growMs = 1000;

globalThis.addEventListener("message", ({ data: { surface, data } }) => {
  const pen = surface.getContext("2d");
  const { values } = data.series[0];
  const top = Math.max(...values);
  const step = surface.width / values.length;
  const startMs = performance.now();
  const draw = () => {
    const part = Math.min(1, (performance.now() - startMs) / growMs);
    pen.clearRect(0, 0, surface.width, surface.height);
    pen.fillStyle = "#27ae60";
    for (const [index, value] of values.entries()) {
      const height = Math.round((value / top) * surface.height * 0.9 * part);
      pen.fillRect(Math.round(index * step) + 1, surface.height - height, Math.floor(step) - 2, height);
    }
    if (part < 1) requestAnimationFrame(draw);
  };
  requestAnimationFrame(draw);
});
