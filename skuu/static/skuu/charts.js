/* Draws the charts of a page from the JSON beside them; colours come from the style sheet, so both themes fit. */
(() => {
  "use strict";
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const charts = [];
  const draw = (canvas) => {
    const data = JSON.parse(document.getElementById(canvas.dataset.chart).textContent);
    const tones = [colour("--accent"), colour("--second")];
    const number = new Intl.NumberFormat(document.documentElement.lang);
    const money = data.currency
      ? new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency: data.currency, maximumFractionDigits: 0 })
      : number;
    Chart.defaults.font.family = "Inter, system-ui, sans-serif";
    charts.push(new Chart(canvas, {
      type: "bar",
      data: {
        labels: data.labels,
        datasets: data.series.map((series, index) => ({
          label: series.name, data: series.values, backgroundColor: tones[index], borderRadius: 2,
          maxBarThickness: 14, categoryPercentage: 0.7, barPercentage: 0.9,
        })),
      },
      options: {
        maintainAspectRatio: false,
        animation: false,
        interaction: { mode: "index", intersect: false },
        plugins: {
          legend: { align: "start", labels: { color: colour("--ink"), boxWidth: 10, boxHeight: 10, useBorderRadius: true, borderRadius: 2, padding: 16 } },
          tooltip: { callbacks: { label: (point) => ` ${point.dataset.label}: ${money.format(point.parsed.y)}` } },
        },
        scales: {
          x: { stacked: false, grid: { display: false }, border: { color: colour("--line") }, ticks: { color: colour("--soft"), maxRotation: 0, autoSkipPadding: 18 } },
          y: { beginAtZero: true, border: { display: false }, grid: { color: colour("--line") }, ticks: { color: colour("--soft"), maxTicksLimit: 5, precision: 0, callback: (value) => money.format(value) } },
        },
      },
    }));
  };
  const drawAll = () => {
    while (charts.length) charts.pop().destroy();
    document.querySelectorAll("canvas[data-chart]").forEach(draw);
  };
  document.addEventListener("DOMContentLoaded", drawAll);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
})();
