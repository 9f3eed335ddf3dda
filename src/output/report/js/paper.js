// Figures that the data describe whole, those of the Burgers analysis and of inspect; and the page of the former: its claims.

// A series "A, something" belongs to the series A and has its colour; only the latter is in the legend.
function paperColours(series) {
  const owner = ({ name }) => series.find((other) => name.startsWith(`${other.name}, `)) ?? { name };
  const owners = [...new Set(series.map((each) => owner(each).name))];
  return {
    owners,
    colourOf: (each) => shade(owners.length > 1 ? owners.indexOf(owner(each).name) / (owners.length - 1) : 0),
  };
}

function paperAxis({ name, log, falling }, values) {
  if (!log) return axis(name, { type: "value", scale: true });
  const positive = values.filter((value) => value > 0);
  return { ...logAxis(name, Math.min(...positive), Math.max(...positive)), inverse: falling };
}

function paperSeries(each, colour) {
  const dots = each.style === "dots";
  return {
    name: each.name,
    type: dots ? "scatter" : "line",
    symbol: dots ? "circle" : "none",
    symbolSize: 6,
    z: dots ? 3 : 2,
    clip: true,
    itemStyle: { color: dots ? css("--card") : colour, borderColor: colour, borderWidth: 1.5 },
    lineStyle: { color: colour, width: 2, type: each.style === "dashed" ? "dashed" : "solid" },
    data: each.points,
  };
}

function paperLines({ x, y, series }) {
  const { owners, colourOf } = paperColours(series);
  const all = series.flatMap(({ points }) => points);
  const xs = all.map(([value]) => value);
  const made = paperAxis(x, xs);
  return frame({
    grid: { ...frame().grid, left: 64, top: 70 },
    legend: { type: "scroll", top: 0, left: 0, data: owners, textStyle: { color: css("--ink") } },
    xAxis: x.log ? made : { ...made, min: Math.min(...xs), max: Math.max(...xs), axisLabel: bareEnds() },
    yAxis: upright(paperAxis(y, all.map(([, value]) => value))), // prettier-ignore
    tooltip: {
      ...frame().tooltip,
      trigger: "axis",
      formatter: (shown) =>
        [
          `${echarts.format.encodeHTML(x.name)} ${number(shown[0].value[0])}`,
          ...shown.map(({ seriesName, value }) => `${echarts.format.encodeHTML(seriesName)}: ${number(value[1])}`),
        ].join("<br>"),
    },
    series: series.map((each) => paperSeries(each, colourOf(each))),
  });
}

function paperPlane({ x, y, series, plane }) {
  const { owners, colourOf } = paperColours(series);
  const image = densityImage(plane.density);
  const side = ({ name }, [low, high]) => axis(name, { type: "value", min: low, max: high, axisLabel: bareEnds() });
  return frame({
    grid: { ...frame().grid, top: 70 },
    legend: { type: "scroll", top: 0, left: 0, data: owners, textStyle: { color: css("--ink") } },
    xAxis: side(x, plane.x),
    yAxis: upright(side(y, plane.y)),
    tooltip: {
      ...frame().tooltip,
      formatter: ({ seriesName, value }) =>
        `${echarts.format.encodeHTML(seriesName)}<br>(${number(value[0])}, ${number(value[1])})`,
    },
    series: [
      {
        type: "custom",
        silent: true,
        data: [[plane.x[0], plane.y[1]]],
        renderItem: (params, api) => {
          const [left, top] = api.coord([plane.x[0], plane.y[1]]);
          const [right, bottom] = api.coord([plane.x[1], plane.y[0]]);
          return { type: "image", style: { image, x: left, y: top, width: right - left, height: bottom - top } };
        },
      },
      {
        type: "custom",
        silent: true,
        clip: true,
        data: plane.arrows,
        renderItem: (params, api) => {
          const [px, py] = [api.value(0), api.value(1)];
          const [x1, y1] = api.coord([px, py]);
          const [x2, y2] = api.coord([px + api.value(2), py + api.value(3)]);
          const [dx, dy] = [x2 - x1, y2 - y1];
          const line = (shape) => ({ type: "line", shape, style: { stroke: css("--soft"), lineWidth: 1 } });
          const barb = (side) =>
            line({ x1: x2, y1: y2, x2: x2 - 0.3 * (dx - side * dy), y2: y2 - 0.3 * (dy + side * dx) });
          return { type: "group", children: [line({ x1, y1, x2, y2 }), barb(0.6), barb(-0.6)] };
        },
      },
      // A line answers the pointer by symbols that are not seen.
      ...series.map((each) => {
        const made = paperSeries(each, colourOf(each));
        return made.type === "line" ? { ...made, symbol: "circle", symbolSize: 10, itemStyle: { opacity: 0 } } : made;
      }),
    ],
  });
}

const describedFigures = ({ paper, inspect }) =>
  (paper ?? inspect)?.figures.map((figure) => ({
    key: `${paper ? "paper" : "inspect"}-${figure.key}`,
    title: figure.title,
    find: () => figure,
    explain: () => figure.explain,
    chart: figure.plane ? paperPlane : paperLines,
    shape: () => (figure.plane ? "square" : undefined),
    height: 400,
  })) ?? [];

const claimsTable = {
  key: "claims",
  title: "Claims",
  find: (report) => report.paper?.claims,
  explain: () =>
    "Each compares two numbers that were computed in different ways; it passes if they differ by no more than the " +
    "tolerance. The rows of claims.csv.",
  content: (claims) => {
    const columns = ["claim", "passed", "expected", "found", "tolerance", "statement"];
    const rows = claims.map((c) => [c.name, c.passed ? "pass" : "FAIL", c.expected, c.found, c.tolerance, c.statement]);
    const table = sortedTable({ columns, rows }, 1, false);
    table.classList.add("claims");
    return table;
  },
};

function paperHeadline({ title, summary, paper: { claims } }) {
  const failed = claims.filter(({ passed }) => !passed);
  return [
    element("p", { class: "kind" }, "Shockstep \u00b7 paper"),
    element("h1", {}, title),
    element(
      "p",
      { class: "lead" },
      `${plural(claims.length, "claim")}, ${failed.length ? `${count(failed.length)} of them fail` : "all hold"}.`,
    ),
    element("p", { class: "facts" }, `${number(summary.seconds)} s; Shockstep ${summary.version}.`),
    ...failed.map(({ name, statement }) => element("p", { class: "warning", role: "alert" }, `${name}: ${statement}`)),
  ];
}
