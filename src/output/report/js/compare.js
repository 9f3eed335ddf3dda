// The page of a comparison: error against evaluations, and the table of its rows.

const comparedLabel = (row) =>
  `${row.name}, ${row.tolerance === null ? `${plural(row.steps, "node")} (${row.schedule})` : `tolerance ${number(row.tolerance)}`}`;

function comparedTooltip(row) {
  const distance =
    row.sliced_w2 === null ? "" : `<br>distance ${number(row.sliced_w2)} ± ${number(row.sliced_w2_se, 2)}`;
  const wrong = row.wrong_mode === null ? "" : `<br>in another mode: ${percent(row.wrong_mode, 1)}`;
  return (
    `${echarts.format.encodeHTML(comparedLabel(row))} (${row.method})<br>` +
    `${number(row.evaluations_mean)} evaluations, ${count(row.evaluations_max)} at most<br>` +
    (row.rms === null
      ? "no terminal error"
      : `error ${number(row.rms)}, median ${number(row.median)}, 99 % below ${number(row.p99)}`) +
    wrong +
    distance
  );
}

// One line for each name; the dots of the Pareto front are filled. `level`: where to draw what exact samples score.
function againstEvaluations(shown, key, yName, level) {
  const names = [...new Set(shown.map((row) => row.name))];
  const ends = (of, ...more) => {
    const all = [...shown.map((row) => row[of]), ...more];
    return [Math.min(...all), Math.max(...all)];
  };
  return frame({
    grid: { left: 64, right: 20, top: 64, bottom: 50 },
    legend: { type: "scroll", top: 0, left: 0, data: names, textStyle: { color: css("--ink") } },
    xAxis: logAxis("model evaluations per sample", ...ends("evaluations_mean")),
    yAxis: upright(logAxis(yName, ...ends(key, ...(level ? [level] : [])))),
    tooltip: { ...frame().tooltip, formatter: ({ data }) => (data.row ? comparedTooltip(data.row) : "") },
    series: names
      .map((name, i) => {
        const colour = shade(names.length > 1 ? i / (names.length - 1) : 0);
        return {
          name,
          type: "line",
          symbol: ["circle", "rect", "triangle", "diamond"][i % 4],
          symbolSize: 10,
          itemStyle: { color: colour },
          lineStyle: { color: colour, width: 1.5, opacity: 0.6 },
          emphasis: { focus: "series" },
          data: shown
            .filter((row) => row.name === name)
            .sort((a, b) => a.evaluations_mean - b.evaluations_mean)
            .map((row) => ({
              value: [row.evaluations_mean, row[key]],
              row,
              itemStyle: { color: row.front ? colour : css("--card"), borderColor: colour, borderWidth: 2 },
            })),
        };
      })
      .concat(
        level
          ? {
              name: "exact samples",
              type: "line",
              silent: true,
              symbol: "none",
              lineStyle: { color: css("--ink"), width: 1.5, type: "dashed" },
              data: ends("evaluations_mean").map((x, i) => [i ? x * 2 : x / 2, level]),
              clip: true,
            }
          : [],
      ),
  });
}

const withFront = ({ rows, front }) => rows.map((row, i) => ({ ...row, front: front[i] }));

const errorAgainstEvaluations = {
  key: "cost",
  title: "Error against model evaluations",
  find: (report) => report.comparison,
  explain: ({ rows }, { summary }) =>
    rows.length
      ? "Root mean square difference of the samples from those of the reference, over all trajectories. Filled dots are the Pareto " +
        "front: nothing else has fewer evaluations and a smaller error. " +
        (rows.some((row) => row.pilot_evaluations) ? "Evaluations of a pilot are not counted here; the table has them. " : "") +
        (summary.reference.exact
          ? "The reference is exact."
          : `The reference has tolerance ${number(summary.reference.tolerance)}; smaller errors are not resolved.`)
      : "No method was finished.",
  chart: (comparison) => {
    const shown = withFront(comparison).filter((row) => row.rms > 0 && row.evaluations_mean > 0);
    return shown.length ? againstEvaluations(shown, "rms", "root mean square error") : undefined;
  },
  height: 460,
};

const distanceAgainstEvaluations = {
  key: "distance",
  title: "Distance of the distributions",
  find: (report) => (report.comparison?.rows.some((row) => row.sliced_w2 > 0) ? report.comparison : undefined),
  explain: ({ rows }, { summary }) =>
    "Sliced Wasserstein-2 distance between the samples and " +
    `${summary.config.data ? "the data" : "exact samples"} (${plural(summary.distances.rows, "row")}). ` +
    (rows.some((row) => row.sliced_w2_floor > 0)
      ? "The dashed line is what exact samples of the same number score: at and below it a method cannot be told from " +
        "exact sampling. "
      : "") +
    "The table has the standard errors, the energy distance and the weights of the modes.",
  chart: (comparison) => {
    const shown = withFront(comparison).filter((row) => row.sliced_w2 > 0 && row.evaluations_mean > 0);
    return againstEvaluations(shown, "sliced_w2", "sliced Wasserstein-2 distance", shown[0].sliced_w2_floor);
  },
  height: 460,
};

const comparedTable = {
  key: "rows",
  title: "All rows",
  find: (report) => report.comparison,
  explain: () => "Every method with every setting, as in compare.csv. Click a header to sort by it.",
  content: ({ rows }) => {
    if (!rows.length) return undefined;
    const measured = (column) => rows.some((row) => row[column] !== null);
    const columns = Object.keys(rows[0]).filter((column, i) => i < 15 || measured(column));
    return sortedTable(
      { columns, rows: rows.map((row) => columns.map((column) => row[column])) },
      columns.indexOf("evaluations_mean"),
      false,
    );
  },
};

function comparisonLead({ summary, comparison }) {
  const { rows, front } = comparison;
  const names = new Set(rows.map((row) => row.name)).size;
  const asked =
    `Asked for: ${plural(names, "method")} with ${plural(rows.length, "setting")} in all, on the same ${trajectories(summary.trajectories)}. `;
  const best = rows.filter((row, i) => front[i] && row.rms !== null);
  const [least] = [...best].sort((a, b) => a.rms - b.rms);
  const reached = least
    ? `Reached: ${plural(best.length, "setting")} ${best.length === 1 ? "is" : "are"} on the Pareto front, where nothing else has fewer ` +
      `evaluations and a smaller error; the smallest error, ${number(least.rms, 2)}, is that of ${comparedLabel(least)} with ` +
      `${number(least.evaluations_mean)} evaluations a sample.`
    : "";
  return asked + reached + (summary.complete ? "" : " The comparison was interrupted: methods are missing.");
}

function comparisonHeadline(report) {
  const { title, summary } = report;
  return [
    element("p", { class: "kind" }, "Shockstep \u00b7 comparison"),
    element("h1", {}, title),
    element("p", { class: "subject" }, summary.model),
    element("p", { class: "lead" }, comparisonLead(report)),
    element(
      "p",
      { class: "facts" },
      `${summary.device}, ${plural(summary.threads, "thread")}; Shockstep ${summary.version}.`,
    ),
    ...summary.warnings.map((sentence) => element("p", { class: "warning", role: "alert" }, sentence)),
  ];
}
