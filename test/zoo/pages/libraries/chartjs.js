/* global Chart */

const colors = ["#2f80ed", "#f2994a", "#27ae60"];

export function draw(container, data) {
  const datasets = data.series.map(({ name, values }, index) => ({
    label: name,
    data: values,
    borderColor: colors[index],
    backgroundColor: data.kind === "bar" ? colors[index] : `${colors[index]}22`,
    fill: data.kind !== "bar",
    tension: 0.3,
    pointRadius: 2,
  }));
  const known = Chart.getChart(container.querySelector("canvas"));
  if (known !== undefined) {
    known.data.labels = data.labels;
    for (const [index, { values }] of data.series.entries()) known.data.datasets[index].data = values;
    known.update();
    return Promise.resolve();
  }
  const isDark = document.documentElement.dataset.theme === "dark";
  Chart.defaults.color = isDark ? "#c3ccd8" : "#52606d";
  Chart.defaults.borderColor = isDark ? "#2e3742" : "#e4e7eb";
  const canvas = container.appendChild(document.createElement("canvas"));
  return new Promise((resolve) => {
    void new Chart(canvas, {
      type: data.kind,
      data: { labels: data.labels, datasets },
      options: {
        maintainAspectRatio: false,
        animation: { onComplete: resolve },
        scales: { y: { beginAtZero: true, title: { display: true, text: data.unit } } },
      },
    });
  });
}
