// Puts the page together: a headline, every figure that the data hold something for, the settings.
//
// A figure is {key, title, explain, chart, content, find, width, height, heightOf, shape}: `key` names its data in the
// report (or `find` gets them), `explain(data, report)` is the sentence above it, `chart(data, report, narrow)` an ECharts
// option and `content(data, report)` an element; both may be missing or undefined.

const figures = (report) => [
  claimsTable,
  stepsOfSchedule,
  errorsOfSchedule,
  nodesOfSchedule,
  errorsOfSolvers,
  imagesOfSolvers,
  priceOfSolvers,
  stepsOfSolvers,
  weightsOfSolvers,
  nodesOfSolvers,
  errorAgainstEvaluations,
  distanceAgainstEvaluations,
  comparedTable,
  samplesFigure,
  stepsFigure,
  eventsFigure,
  decisionsFigure,
  gainFigure,
  evaluationsFigure,
  exponentsFigure,
  errorsFigure,
  trajectoriesFigure,
  ...describedFigures(report),
  ...inspectTables(report),
];

function headlineOf(report) {
  if (report.comparison) return comparisonHeadline(report);
  if (report.paper) return paperHeadline(report);
  if (report.inspect) return inspectHeadline(report);
  if (report.solver) return solverHeadline(report);
  return report.schedule ? scheduleHeadline(report) : headline(report);
}

// A card, or where there is nothing to show the reason.
function figureCard(figure, data, report) {
  const content = figure.content?.(data, report);
  const chart = figure.chart?.(data, report, false);
  if (!content && !chart) return `${figure.title}: ${figure.explain(data, report)}`;
  const width = report.inspect ? "" : figure.width || ""; // there none has neighbours to share a row with
  const card = element(
    "section",
    { class: `figure ${width}`, id: figure.key },
    element("h2", {}, figure.title),
    element("p", { class: "explain" }, figure.explain(data, report)),
  );
  if (content) card.append(content);
  if (chart) {
    const square = figure.shape?.(data) === "square";
    const box = element("div", { class: `chart ${square ? "square" : ""}`, role: "img", "aria-label": figure.title });
    card.append(box);
    liveChart(
      box,
      (narrow) => figure.chart(data, report, narrow),
      square ? (width) => width + 52 : () => figure.heightOf?.(data) || figure.height || 300,
    );
  }
  return card;
}

// Drawn when its place has a width, and again when that or the colour scheme changes.
function liveChart(box, option, height) {
  let chart, drawn;
  const draw = () => {
    drawn = box.clientWidth;
    if (!drawn) return;
    box.style.height = `${height(drawn)}px`;
    chart ??= echarts.init(box);
    chart.dispatchAction({ type: "hideTip" }); // an open tooltip would be shown again before it is made anew
    chart.resize();
    chart.setOption(option(drawn < 480), true);
  };
  new ResizeObserver(() => box.clientWidth !== drawn && draw()).observe(box);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}

function notShown(reasons) {
  if (!reasons.length) return [];
  const items = reasons.map((reason) => element("li", {}, reason));
  return [element("details", { id: "not-shown" }, element("summary", {}, "What is not shown, and why"), element("ul", {}, ...items))];
}

function settingsOf({ summary }) {
  if (!summary.config) return [];
  const text = JSON.stringify(summary.config, null, 2);
  return [element("details", {}, element("summary", {}, "Settings in full"), element("pre", {}, text))];
}

addEventListener("DOMContentLoaded", () => {
  const report = JSON.parse(document.getElementById("data").textContent);
  const cards = figures(report)
    .map((figure) => [figure, figure.find ? figure.find(report) : report[figure.key]])
    .filter(([, data]) => data !== undefined)
    .map(([figure, data]) => figureCard(figure, data, report));
  document
    .getElementById("page")
    .append(
      ...headlineOf(report),
      element("div", { class: "figures" }, ...cards.filter((card) => typeof card !== "string")),
      ...notShown(cards.filter((card) => typeof card === "string")),
      ...settingsOf(report),
      element(
        "footer",
        {},
        `Shockstep ${report.summary.version}. Figures: Apache ECharts ${echarts.version} (Apache License 2.0). ` +
          "This file is complete and loads nothing from elsewhere.",
      ),
    );
});
