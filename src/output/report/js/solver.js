// The page of fitted solvers: errors by the number of evaluations beside the plan and published methods, images, steps, nodes.

const evaluationsOf = ({ sigmas }) => sigmas.length;
const solverNodes = ({ gained, sigmas, sigma_min }) => (gained ? [...sigmas, sigma_min] : sigmas); // the last step is not evaluated
const colourOf = (i, n) => shade(n > 1 ? i / (n - 1) : 0.75);

// Published methods as {name, errors: one for each solver}; none where a solver was kept, and nothing else measured.
const usualMethods = (solvers) =>
  solvers.every(({ usual }) => usual)
    ? solvers[0].usual.methods.map(({ name }, i) => ({ name, errors: solvers.map(({ usual }) => usual.methods[i].error) }))
    : [];
const usualEvaluations = (solvers) => sum(solvers.map(({ usual }) => usual?.evaluations ?? 0));

// What was measured: {name, colour, symbol, errors: one for each number of evaluations, null where there is none}.
function solverSeries({ solvers }) {
  const colours = [css("--mid"), css("--soft")];
  return [
    { name: "fitted", colour: css("--warm"), symbol: "circle", errors: solvers.map(({ gained, error }) => (gained ? error : null)) },
    { name: "plan", colour: css("--cold"), symbol: "rect", errors: solvers.map(({ plan }) => plan) },
    ...usualMethods(solvers).map(({ name, errors }, i) => ({ name, colour: colours[i % 2], symbol: ["triangle", "diamond"][i % 2], errors })),
  ];
}

function errorsBySolver(solver, report, narrow) {
  const { solvers } = solver;
  const several = solvers.length > 1;
  const measures = several ? ["rms"] : ["rms", "median"];
  const series = solverSeries(solver).filter(({ errors }) => errors.some((error) => error));
  const values = series.flatMap(({ errors }) => errors.flatMap((error) => measures.map((key) => error?.[key]))).filter((v) => v > 0);
  if (!values.length) return undefined;
  const categories = several ? solvers.map((each) => String(evaluationsOf(each))) : [narrow ? "rms" : "root mean square", "median"];
  return frame({
    grid: { ...frame().grid, top: narrow ? 130 : 84, bottom: several ? 50 : 30 },
    legend: { top: 0, left: 0, textStyle: { color: css("--ink") } },
    xAxis: axis(several ? "evaluations" : "", {
      type: "category",
      data: categories,
      axisLabel: { color: css("--soft"), fontSize: 13, interval: several ? "auto" : 0 },
    }),
    yAxis: upright(logAxis(several ? "root mean square error" : "error of a sample", Math.min(...values) / 1.3, Math.max(...values) * 1.3)),
    tooltip: {
      ...frame().tooltip,
      formatter: ({ seriesName, name, value }) => `${seriesName}<br>${name}${several ? " evaluations" : ""}: ${number(value)}`,
    },
    series: series.map(({ name, colour, symbol, errors }) => ({
      name,
      type: several ? "line" : "scatter", // dots, not bars: a logarithmic axis has no zero for a bar to stand on
      symbol,
      symbolSize: name === "fitted" ? 14 : 10,
      z: name === "fitted" ? 3 : 2,
      itemStyle: { color: colour },
      lineStyle: { color: colour, width: name === "fitted" ? 2 : 1.2 },
      data: several ? errors.map((error) => error?.rms ?? null) : measures.map((key) => errors[0]?.[key] ?? null),
    })),
  });
}

const errorsOfSolvers = {
  key: "solver-errors",
  title: "Errors to expect",
  find: (report) => report.solver,
  explain: ({ solvers }) =>
    `Of ${trajectories(solvers[0].rows)}, against accurate paths of the flow from the same starts: root mean square over the coordinates of a ` +
    "sample, as root mean square over the trajectories" +
    (solvers.length > 1 ? "" : " and as median") +
    ". Each error of the fitted solver is of a fit that did not see the trajectory." +
    (usualEvaluations(solvers) ? ` The published methods took ${plural(usualEvaluations(solvers), "evaluation")} more.` : ""),
  chart: errorsBySolver,
  height: 360,
};

const imagesOfSolvers = {
  key: "solver-images",
  title: "Images",
  find: (report) => report.solver?.strip,
  explain: () =>
    "The same starts in every row, with so many evaluations by the plan and by the solver fitted to the model, and where the flow leads. " +
    "These trajectories are of the fit.",
  content: ({ png, rows }) =>
    element(
      "div",
      { class: "strip" },
      element("div", { class: "labels" }, ...rows.map((label) => element("span", {}, label))),
      element("img", { src: png, alt: rows.join("; ") }),
    ),
};

function stepsBySolver({ solvers }, report, narrow) {
  const line = (name, sigmas, colour, size) => lineOfSteps(name, sigmas, colour, size, size / 4);
  const series =
    solvers.length > 1
      ? solvers.map((each, i) => line(String(evaluationsOf(each)), solverNodes(each), colourOf(i, solvers.length), 6))
      : [
          ...(solvers[0].gained ? [line("fitted", solverNodes(solvers[0]), css("--warm"), 8)] : []),
          line("plan", solvers[0].planned, css("--cold"), 5),
        ];
  return figureOfSteps(series, report, narrow, { type: "scroll" });
}

const stepsOfSolvers = {
  key: "solver-steps",
  title: "Steps",
  find: (report) => report.solver,
  explain: ({ solvers }) =>
    "Each dot is a step, placed at the noise level where it begins: the lower, the denser the evaluations are there." +
    (solvers.length > 1 ? " A line for each number of evaluations." : ""),
  chart: stepsBySolver,
  height: 380,
};

const nodesOfSolvers = {
  key: "solver-nodes",
  title: "Nodes",
  find: (report) => report.solver,
  explain: () => "Where the model is evaluated, with the time of the process, and sigma_min, where the last step leads without an evaluation.",
  content: ({ solvers }) =>
    sortedTable(
      {
        columns: [...(solvers.length > 1 ? ["evaluations"] : []), "node", "sigma", "time", "step in ln σ"],
        rows: solvers.flatMap((each) =>
          solverNodes(each).map((sigma, i, all) => [
            ...(solvers.length > 1 ? [evaluationsOf(each)] : []),
            i + 1,
            number(sigma, 6),
            i < each.times.length ? number(each.times[i], 6) : null,
            i + 1 < all.length ? number(Math.log(sigma / all[i + 1])) : null,
          ]),
        ),
      },
      0,
      false,
    ),
};

// From how many samples on the fit pays.
function priceOf({ gained, evaluations, usual, sigmas, error }) {
  const price = `The fit took ${plural(evaluations, "model evaluation")}`;
  if (!usual) return `${price}; published methods were not measured beside it.`;
  if (!gained) return `${price}, which do not pay.`;
  if (usual.pays_from === null) return `${price}, which do not pay: ${usual.best} errs no more with ${sigmas.length} evaluations a sample.`;
  return (
    `${price} and pays from ${plural(usual.pays_from, "sample")} on: for an error of ${number(error.rms, 2)} ${usual.best} needs about ` +
    `${number(usual.needed)} evaluations a sample.`
  );
}

function solverLead(solvers) {
  const [{ rows, gained, error, plan }] = solvers;
  if (solvers.length > 1) {
    const better = solvers.filter((each) => each.gained);
    const ratios = better.map((each) => each.plan.rms / each.error.rms);
    return (
      `Solvers of ${solvers.map(evaluationsOf).join(", ")} evaluations were asked for. ` +
      (better.length
        ? `On ${trajectories(rows)}, each left out of the fit in turn, the error of ` +
          `${better.length < solvers.length ? `those of ${better.map(evaluationsOf).join(", ")}` : "all"} ` +
          `is ${number(Math.min(...ratios), 2)} to ${number(Math.max(...ratios), 2)} times below that of the plan with as many evaluations.`
        : "None was better than the plan on trajectories that it was not fitted to; the plan stands in for each.")
    );
  }
  const what = `A solver of ${plural(evaluationsOf(solvers[0]), "evaluation")} was asked for.`;
  if (!gained) return `${what} None was better than the plan on trajectories that it was not fitted to: this is the plan. ${priceOf(solvers[0])}`;
  return (
    `${what} On ${trajectories(rows)}, each left out of the fit in turn, its root mean square error is ${number(error.rms, 2)} ` +
    `(median ${number(error.median, 2)}); that of the plan with as many evaluations is ${number(plan.rms, 2)} ` +
    `(median ${number(plan.median, 2)}). ${priceOf(solvers[0])}`
  );
}

const priceOfSolvers = {
  key: "solver-price",
  title: "When the fits pay",
  find: (report) => (report.solver?.solvers.length > 1 && report.solver.solvers.every(({ usual }) => usual) ? report.solver : undefined),
  explain: () =>
    "The number of samples from which on a fit and they together take fewer evaluations than the best published method takes for the same " +
    "root mean square error. Each fit is counted as if it had been made alone.",
  content: ({ solvers }) =>
    sortedTable(
      {
        columns: ["evaluations", "error", "evaluations of the fit", "best published method", "evaluations it needs", "pays from samples"],
        rows: solvers.map((each) => [
          evaluationsOf(each),
          number(each.error.rms),
          each.evaluations,
          each.usual.best,
          each.usual.pays_from === null ? null : number(each.usual.needed),
          each.usual.pays_from,
        ]),
      },
      0,
      false,
    ),
};

function solverHeadline({ title, summary, solver: { solvers, evaluations } }) {
  const [{ rows, final, fitted_to: to }] = solvers;
  return [
    element("p", { class: "kind" }, `Shockstep \u00b7 ${solvers.length > 1 ? "solvers" : "solver"}`),
    element("h1", {}, title),
    element("p", { class: "subject" }, summary.model),
    element("p", { class: "lead" }, solverLead(solvers)),
    element(
      "p",
      { class: "facts" },
      `Fitted to ${trajectories(rows)} of the fit's own noise; ${plural(sum(solvers.map(({ grids }) => grids)), "set")} of nodes tried, ` +
        `${count(evaluations)} model evaluations in all. Returned: ${finalText(final)}. Process: ${to.process}. ` +
        `${to.conditioning ? `Conditioning: ${to.conditioning}. ` : ""}Shockstep ${summary.version}.`,
    ),
  ];
}
