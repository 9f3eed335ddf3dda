// Histograms over all trajectories.

const evaluationsFigure = {
  key: "evaluations",
  title: "Model evaluations",
  width: "third",
  explain: () => "How many each trajectory took, with its probes, rejected steps and repetitions.",
  chart: (evaluations, report) => {
    if (!evaluations.counts.length) return undefined;
    const { edges, counts } = joined(evaluations, 48);
    const width = edges[1] - edges[0];
    const centred = edges.map((edge) => edge - 0.5);
    return bars({
      edges: centred,
      counts,
      xAxis: axis("evaluations", {
        type: "value",
        min: centred[0],
        max: centred.at(-1),
        minInterval: 1,
        axisLabel: bareEnds(),
      }),
      describe: (low, high, n) =>
        `${width > 1 ? `${low + 0.5} to ${high - 0.5}` : low + 0.5} evaluations<br>${trajectories(n)} ` +
        `(${percent(n, report.finished)})`,
    });
  },
};

// Positive numbers in logarithmic bins.
function logBars(bins, name, colour, report, marks = []) {
  const { edges, counts } = joined(bins, Math.min(40, Math.max(12, 3 * Math.cbrt(sum(bins.counts)))));
  const ends = [edges[0], edges.at(-1), ...marks.map((mark) => mark.at)];
  return bars({
    edges,
    counts,
    colour: css(colour),
    xAxis: logAxis(name, Math.min(...ends), Math.max(...ends)),
    describe: (low, high, n) =>
      `${number(low)} to ${number(high)}<br>${trajectories(n)} (${percent(n, report.finished)})`,
    marks,
  });
}

const exponentsFigure = {
  key: "exponents",
  title: "Growth before decisions",
  width: "third",
  explain: (exponents, report) => {
    const some = sum(exponents.counts);
    const share = percent(exponents.zeros, report.finished);
    return (
      "An error made before a decision grew by exp of this exponent. " +
      `${trajectories(exponents.zeros)} (${share}) passed no interface${some ? " and are not shown" : ""}.`
    );
  },
  chart: (exponents, report) =>
    exponents.counts.length ? logBars(exponents, "exponent", "--warm", report) : undefined,
};

const errorsFigure = {
  key: "errors",
  title: "Upper bounds of errors",
  width: "third",
  explain: (errors, report) =>
    report.tolerance.estimated
      ? "How far each sample is from the exact one at most: root mean square over its coordinates. Most errors are several times smaller."
      : report.summary.tolerance_kind === "none"
        ? "Errors are not estimated on a fixed grid."
        : howToBound(report),
  chart: (errors, report) => {
    if (!errors.counts.length) return undefined;
    if (report.summary.tolerance_kind === "none") return logBars(errors, "upper bound of the error", "--cold", report);
    const low = errors.edges[0];
    const high = Math.max(errors.edges.at(-1), report.tolerance.asked);
    const right = Math.log(report.tolerance.asked / low) > 0.6 * Math.log(high / low);
    return logBars(errors, "upper bound of the error", "--cold", report, [
      { at: report.tolerance.asked, label: "tolerance", align: right ? "right" : "left", offset: [right ? -10 : 2, 8] },
    ]);
  },
};
