// What the steps of fitted solvers make of the values found so far, beside the exponential multistep on the same nodes.

function drawn(tag, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// As shares of what a constant F adds to the step: the analytic ones of a step sum to 1.
function sharesOfStep(fitted, analytic) {
  const whole = sum(analytic);
  return { fitted: fitted.map((w) => w / whole), analytic: analytic.map((w) => w / whole) };
}

const panel = { width: 80, height: 76, slots: 6 };

// Pairs of bars, the newest value at the left; `most` is half the height.
function barsOfStep({ fitted, analytic }, most, left) {
  const middle = panel.height / 2;
  const slot = panel.width / panel.slots;
  const bar = (x, weight, kind) => {
    const height = Math.min(1, Math.abs(weight) / most) * (middle - 2);
    return drawn("rect", { x, y: weight > 0 ? middle - height : middle, width: 0.38 * slot, height, class: kind });
  };
  return [
    ...fitted.flatMap((weight, i) => [
      ...(i < analytic.length ? [bar(left + (i + 0.1) * slot, analytic[i], "analytic")] : []),
      bar(left + (i + 0.5) * slot, weight, "fitted"),
    ]),
    drawn("line", { x1: left, x2: left + panel.width, y1: middle, y2: middle }),
  ];
}

function figureOfStep(step, most) {
  const gap = 12;
  const words = (share) => share.map((w) => number(w, 2)).join(", ");
  const title = ["predict", "correct"]
    .filter((kind) => step[kind])
    .map((kind) => `${kind}: ${words(step[kind].fitted)}; analytic ${words(step[kind].analytic)}`)
    .join("\n");
  const label = (text, left) => drawn("text", { x: left, y: panel.height + 11 }, text);
  return element(
    "figure",
    {},
    drawn(
      "svg",
      { viewBox: `0 0 ${2 * panel.width + gap} ${panel.height + 14}`, role: "img", "aria-label": title },
      drawn("title", {}, title),
      ...barsOfStep(step.predict, most, 0),
      label("predict", 0),
      ...(step.correct ? [...barsOfStep(step.correct, most, panel.width + gap), label("correct", panel.width + gap)] : []),
    ),
    element("figcaption", {}, `${step.number}: σ ${number(step.from, 2)} → ${number(step.to, 2)}`),
  );
}

function weightsOfSolver(solver) {
  const nodes = solverNodes(solver);
  const shares = (kind, n) => solver.analytic[kind][n].length ? sharesOfStep(solver[kind][n], solver.analytic[kind][n]) : undefined;
  const steps = solver.predict.map((_, n) => ({
    number: n + 1,
    from: nodes[n],
    to: nodes[n + 1],
    predict: shares("predict", n),
    correct: n + 1 < nodes.length - 1 ? shares("correct", n + 1) : undefined, // the last step ends without an evaluation
  }));
  const all = steps.flatMap((step) => [step.predict, step.correct]).flatMap((share) => (share ? [...share.fitted, ...share.analytic] : []));
  const most = Math.max(...all.map(Math.abs));
  return element("div", { class: "weights" }, ...steps.map((step) => figureOfStep(step, most)));
}

const weightsOfSolvers = {
  key: "solver-weights",
  title: "What a step makes of the values",
  find: (report) => (report.solver?.solvers.some(({ gained }) => gained) ? report.solver : undefined),
  explain: () =>
    "A step adds a weighted sum of the values F that the model gave at its nodes: the newest at the left, up to five older ones beside it. " +
    "Red: the fitted weights. Blue: those of the exponential multistep on the same nodes, which the fit starts from and which sum to 1 in " +
    "these units. A step predicts where the model is evaluated next, and with that value is corrected; the last step ends without one.",
  content: ({ solvers }) => {
    const gained = solvers.filter((each) => each.gained);
    if (gained.length === 1) return weightsOfSolver(gained[0]);
    return element(
      "div",
      {},
      ...gained.map((each, i) => {
        const made = element("details", { class: "inner" }, element("summary", {}, plural(evaluationsOf(each), "evaluation")));
        const fill = () => made.open && made.children.length === 1 && made.append(weightsOfSolver(each)); // of many only what is looked at
        made.addEventListener("toggle", fill);
        if (i === 0) (made.open = true), fill();
        return made;
      }),
    );
  },
};
