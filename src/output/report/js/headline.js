// What happened, in plain words and four numbers.

function statusText({ status }) {
  const found = Object.entries(status).filter(([, n]) => n > 0);
  if (found.length === 1 && found[0][0] === "ok") return "all ok";
  return found.map(([name, n]) => `${count(n)} ${name.replace("_", " ")}`).join(", ");
}

function errorText({ tolerance, summary }) {
  if (summary.tolerance_kind === "none") return "The steps were those of a fixed grid, where no error is estimated. ";
  const asked = `The tolerance is ${number(tolerance.asked)}`;
  if (!tolerance.estimated)
    return `${asked}; here it bounds the error of each step, since nothing has measured how errors of this model add up. `;
  const { high_error } = summary.guard;
  const measured =
    high_error === null
      ? ""
      : `, and ${high_error <= tolerance.asked ? "" : "it is not reached: "}97 % of the errors are expected below ` +
        `${number(high_error, 2)}, as a pilot measured`;
  return (
    `${asked}${measured}. The estimates of the single samples are more cautious: half are below ` +
    `${number(summary.error_estimate.q50, 2)}, and ${percent(tolerance.within, tolerance.estimated)} are within the ` +
    "tolerance. "
  );
}

function lead(report) {
  const { evaluations, repeated } = report.summary;
  return (
    `${trajectories(report.summary.trajectories)}, ${statusText(report.summary)}. ` +
    (report.finished === 1
      ? `It took ${plural(evaluations.max, "model evaluation")}. `
      : `Each took ${number(evaluations.mean)} model evaluations on average and ${count(evaluations.max)} at most. `) +
    errorText(report) +
    (repeated ? `${trajectories(repeated)} that looked risky ran again with a tighter tolerance.` : "")
  );
}

function guardText(guard) {
  if (!guard) return "guard off";
  const cost = guard.evaluations ? `, measured with ${count(guard.evaluations)} evaluations` : "";
  return `guard profile: ${guard.source}${cost}`;
}

function tiles(report) {
  const { summary, tolerance, finished, events } = report;
  const shown = [
    [count(finished), finished === 1 ? "sample" : "samples"],
    [number(summary.evaluations.mean), "model evaluations per sample"],
  ];
  if (tolerance.estimated) shown.push([number(summary.error_estimate.q95, 2), "error estimate that 95 % stay below"]);
  else if (summary.tolerance_kind !== "none") shown.push([number(tolerance.asked), "tolerance of a step"]);
  if (seeksEvents(report)) shown.push([percent(events.trajectories, finished), "decided inside a mode interface"]);
  return element(
    "div",
    { class: "tiles" },
    ...shown.map(([value, what]) =>
      element("div", { class: "tile" }, element("b", {}, value), element("span", {}, what)),
    ),
  );
}

function headline(report) {
  const { summary } = report;
  return [
    element("p", { class: "kind" }, "Shockstep \u00b7 samples"),
    element("h1", {}, report.title),
    element("p", { class: "subject" }, summary.model),
    element("p", { class: "lead" }, lead(report)),
    element(
      "p",
      { class: "facts" },
      `${number(summary.wall_seconds)} s on ${summary.device}, ${plural(summary.threads, "thread")}; ` +
        `${guardText(summary.guard)}; Shockstep ${summary.version}.`,
    ),
    ...summary.warnings.map((sentence) => element("p", { class: "warning", role: "alert" }, sentence)),
    tiles(report),
  ];
}
