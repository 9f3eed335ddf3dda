// What was asked for and what was reached, in plain words and a few numbers.

function statusText({ status }) {
  const found = Object.entries(status).filter(([, n]) => n > 0);
  if (found.length === 1 && found[0][0] === "ok") return "all ok";
  return found.map(([name, n]) => `${count(n)} ${name.replace("_", " ")}`).join(", ");
}

// What was asked for.
function askedText({ tolerance, summary }) {
  const samples = plural(summary.trajectories, "sample");
  if (summary.solver) return `Asked for: ${samples} by a solver of ${plural(evaluationsOf(summary.solver), "evaluation")}, fitted to the model. `;
  if (summary.tolerance_kind === "none") return `Asked for: ${samples} on a fixed grid of ${count(summary.sigmas.length)} noise levels. `;
  const asked = `at most ${number(tolerance.asked)}`;
  if (tolerance.estimated) return `Asked for: ${samples} with an error of ${asked}. `;
  return `Asked for: ${samples} with an error of ${asked} in each step. `;
}

// What to do where nothing has measured how errors add up.
const howToBound = ({ summary }) =>
  `Nothing has measured how the errors of steps add up in this model, so that errors of samples are unknown; sampler.guard: ` +
  `${summary.guard ? "{profile: pilot}" : "on"} has it measured. `;

// What was reached, and how that is known.
function reachedText({ tolerance, summary }) {
  if (summary.solver)
    return `Reached: a root mean square error of ${number(summary.solver.error.rms, 2)} is expected, as measured on trajectories that the fit left out. `;
  if (summary.tolerance_kind === "none") return "Errors are not estimated on a fixed grid. ";
  if (!tolerance.estimated) return howToBound({ summary });
  const { high_error = null, source } = summary.guard || {}; // the guard may be off
  const how = source === "plan" ? "by the estimate of the plan" : "as a pilot measured";
  const expected =
    high_error === null
      ? ""
      : `${high_error <= tolerance.asked ? "Reached" : "Not reached"}: 97\u00a0% of the errors are expected below ${number(high_error, 2)}, ${how}; `;
  const proven = percent(tolerance.within, tolerance.estimated);
  return `${expected}${expected ? "an upper bound of each sample's own error" : "Reached: an upper bound of each sample's error"} proves ${proven} of them below the tolerance. `;
}

function costText({ finished, summary: { evaluations } }) {
  return finished === 1
    ? `It took ${plural(evaluations.max, "model evaluation")}. `
    : `Each took ${number(evaluations.mean)} model evaluations on average and ${count(evaluations.max)} at most. `;
}

function lead(report) {
  const { repeated } = report.summary;
  return (
    askedText(report) +
    reachedText(report) +
    costText(report) +
    (repeated ? `${trajectories(repeated)} that looked risky ${repeated === 1 ? "was" : "were"} sampled again with smaller steps.` : "")
  );
}

function guardText(guard) {
  if (!guard) return "guard off";
  const cost = guard.evaluations ? `, measured with ${count(guard.evaluations)} evaluations` : "";
  return `guard profile: ${guard.source}${cost}`;
}

function tiles(report) {
  const { summary, tolerance, finished, events } = report;
  const shown = [[count(finished), finished === 1 ? "sample" : "samples"]];
  if (tolerance.estimated && summary.tolerance_kind !== "none")
    shown.push(
      [number(tolerance.asked), "error asked for, at most"],
      [percent(tolerance.within, tolerance.estimated), "of samples proven below it by an upper bound"],
    );
  else if (summary.tolerance_kind !== "none") shown.push([number(tolerance.asked), "error asked for in each step, at most"]);
  if (summary.solver) shown.push([number(summary.solver.error.rms, 2), "root mean square error expected"]);
  shown.push([number(summary.evaluations.mean), "model evaluations per sample"]);
  if (events.trajectories) shown.push([percent(events.trajectories, finished), "decided inside a mode interface"]);
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
      `${trajectories(summary.trajectories)}, ${statusText(summary)}; ${number(summary.wall_seconds)} s on ${summary.device}, ${plural(summary.threads, "thread")}; ` +
        `${guardText(summary.guard)}; Shockstep ${summary.version}.`,
    ),
    ...summary.warnings.map((sentence) => element("p", { class: "warning", role: "alert" }, sentence)),
    tiles(report),
  ];
}
