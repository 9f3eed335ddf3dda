// Histograms over all trajectories.

const evaluationsFigure = {
  key: "evaluations",
  title: "Model evaluations",
  width: "third",
  explain: () => "What each trajectory cost, probes, rejected steps and repetitions included.",
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
  title: "Exponents",
  width: "third",
  explain: (exponents, report) => {
    const some = sum(exponents.counts);
    const share = percent(exponents.zeros, report.finished);
    return (
      "Errors made before a decision grew by the exponential of this. " +
      `${trajectories(exponents.zeros)} (${share}) had none${some ? " and are not shown" : ""}.`
    );
  },
  chart: (exponents, report) =>
    exponents.counts.length ? logBars(exponents, "exponent", "--warm", report) : undefined,
};

const errorsFigure = {
  key: "errors",
  title: "Error estimates",
  width: "third",
  explain: (errors, report) =>
    report.tolerance.estimated
      ? "How far a sample is from the exact one at most, by its own cautious estimate: root mean square over its " +
        "coordinates."
      : "There is none: no pilot could measure the errors of this model. The tolerance bounds the error of each step.",
  chart: (errors, report) => {
    if (!errors.counts.length) return undefined;
    const low = errors.edges[0];
    const high = Math.max(errors.edges.at(-1), report.tolerance.asked);
    const right = Math.log(report.tolerance.asked / low) > 0.6 * Math.log(high / low);
    return logBars(errors, "error estimate", "--cold", report, [
      { at: report.tolerance.asked, label: "tolerance", align: right ? "right" : "left", offset: [right ? -10 : 2, 8] },
    ]);
  },
};
