// The page of an inspection: its headline and tables. Its figures are described whole by the data, as those of the Burgers analysis.

const inspectTables = ({ inspect }) =>
  (inspect?.tables ?? []).map((table) => ({
    key: table.key,
    title: table.title,
    find: () => table,
    explain: () => table.explain,
    content: () => {
      if (!table.rows.length) return undefined;
      const made = sortedTable(table, -1);
      made.classList.add("named");
      return made;
    },
  }));

function inspectTiles(report) {
  const { speciation, clusters, health, evaluations, stationary, training } = report.summary;
  const shown = health ? [[health.verdict, "curl, residual and entropy condition"]] : [];
  if (clusters) shown.push([count(clusters.count), `clusters (${clusters.source})`]);
  if (speciation)
    shown.push([percent(speciation.with_event, speciation.trajectories), "decide inside a mode interface"]);
  if (stationary && !stationary.why)
    shown.push([
      count(stationary.points.filter((point) => point.kind === "stable").length),
      `stable of ${plural(stationary.points.length, "stationary point")}`,
    ]);
  if (training) shown.push([count(training.memorised_count), "samples are points of the training data"]);
  shown.push([count(evaluations.total), "model evaluations in all"]);
  return element(
    "div",
    { class: "tiles" },
    ...shown.map(([value, what]) =>
      element("div", { class: "tile" }, element("b", {}, value), element("span", {}, what)),
    ),
  );
}

function inspectHeadline(report) {
  const { summary } = report;
  const { health, speciation } = summary;
  const decide =
    speciation && speciation.speciation.count
      ? ` Half of the decisions fall between σ = ${number(speciation.speciation.q75)} and ${number(speciation.speciation.q25)}.`
      : "";
  return [
    element("p", { class: "kind" }, "Shockstep \u00b7 inspect"),
    element("h1", {}, report.title),
    element("p", { class: "subject" }, summary.model),
    element(
      "p",
      { class: "lead" },
      `${summary.fit.fits ? "The model fits its description." : `The model is not the denoiser of any data: ${summary.fit.reason}.`}${health ? ` The verdict on its score is ${health.verdict}: ${health.reason}.` : ""}${decide}`,
    ),
    element(
      "p",
      { class: "facts" },
      `${number(summary.seconds)} s on ${summary.device}, ${plural(summary.threads, "thread")}; Shockstep ${summary.version}.`,
    ),
    ...(summary.complete
      ? []
      : [element("p", { class: "warning", role: "alert" }, "Interrupted: sections are missing.")]),
    inspectTiles(report),
  ];
}
