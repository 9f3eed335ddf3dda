// The page of a fitted schedule: its steps and errors beside those of two schedules that know nothing of the model.

const scheduleNames = { fitted: "fitted", log_sigma: "log-uniform", karras: "Karras" };
const scheduleColours = () => ({ fitted: css("--warm"), log_sigma: css("--cold"), karras: css("--mid") });

// The better of the other two takes the place of a fit that was no gain: it is drawn once.
const drawnSchedules = ({ gained, sigmas, with: others }) => ({ ...(gained ? { fitted: sigmas } : {}), ...others });

// A dot where each step begins, as high as it is long.
const lineOfSteps = (name, sigmas, colour, size, width) => ({
  name,
  type: "line",
  symbol: "circle",
  symbolSize: size,
  itemStyle: { color: colour },
  lineStyle: { color: colour, width },
  emphasis: { focus: "series" },
  data: sigmas.slice(1).map((sigma, i) => [sigmas[i], Math.log(sigmas[i] / sigma), sigma]),
});

function figureOfSteps(series, report, narrow, legend = {}) {
  const sizes = series.flatMap(({ data }) => data.map(([, h]) => h));
  return frame({
    grid: { ...frame().grid, top: 70 },
    legend: { top: 0, left: 0, ...legend, textStyle: { color: css("--ink") } },
    xAxis: sigmaAxis(report.sigma, narrow ? { name: "noise level σ" } : {}),
    yAxis: upright(logAxis("step size in ln σ", Math.min(...sizes), Math.max(...sizes))),
    tooltip: {
      ...frame().tooltip,
      formatter: ({ seriesName, value: [from, h, to] }) =>
        `${seriesName}<br>from σ ${number(from)} to ${number(to)}<br>step ${number(h)} in ln σ`,
    },
    series,
  });
}

function scheduleSteps(schedule, report, narrow) {
  const series = Object.entries(drawnSchedules(schedule)).map(([key, sigmas]) => {
    const fitted = key === "fitted";
    return { ...lineOfSteps(scheduleNames[key], sigmas, scheduleColours()[key], fitted ? 8 : 5, fitted ? 2 : 1.2), z: fitted ? 3 : 2 };
  });
  return figureOfSteps(series, report, narrow);
}

const stepsOfSchedule = {
  key: "schedule-steps",
  title: "Steps",
  find: (report) => report.schedule,
  explain: () =>
    "Each dot is a step, placed at the noise level where it begins: the lower, the denser the schedule is there. The " +
    "last node is the end of the last step.",
  chart: scheduleSteps,
  height: 380,
};

function scheduleErrors(schedule, report, narrow) {
  const keys = Object.keys(drawnSchedules(schedule));
  const error = (key) => (key === "fitted" ? schedule.error : schedule[key]);
  const measures = [
    ["rms", narrow ? "rms" : "root mean square"],
    ["median", "median"],
  ];
  const values = keys.flatMap((key) => measures.map(([measure]) => error(key)[measure])).filter((value) => value > 0);
  if (!values.length) return undefined;
  return frame({
    grid: { ...frame().grid, top: 70, bottom: 30 },
    legend: { top: 0, left: 0, textStyle: { color: css("--ink") } },
    xAxis: axis("", {
      type: "category",
      data: measures.map(([, name]) => name),
      axisLabel: { color: css("--soft"), fontSize: 13, interval: 0 },
    }),
    yAxis: upright(logAxis("error of a sample", Math.min(...values) / 1.3, Math.max(...values) * 1.3)),
    tooltip: {
      ...frame().tooltip,
      formatter: ({ seriesName, name, value }) => `${seriesName}<br>${name} ${number(value)}`,
    },
    // Dots, not bars: a logarithmic axis has no zero for a bar to stand on.
    series: keys.map((key) => ({
      name: scheduleNames[key],
      type: "scatter",
      symbolSize: key === "fitted" ? 16 : 12,
      itemStyle: { color: scheduleColours()[key] },
      data: measures.map(([measure]) => error(key)[measure]),
    })),
  });
}

const errorsOfSchedule = {
  key: "schedule-errors",
  title: "Errors to expect",
  find: (report) => report.schedule,
  explain: ({ held_out }) =>
    `Of ${trajectories(held_out)} that the fit has not seen, against adaptive references from the same starts: root mean ` +
    "square difference over the coordinates of a sample, as root mean square over the trajectories and as median.",
  chart: scheduleErrors,
  height: 300,
};

const nodesOfSchedule = {
  key: "schedule-nodes",
  title: "Nodes",
  find: (report) => report.schedule,
  explain: () => "What schedule.yaml holds, with the time of the process; a step leads from a node to the next.",
  content: ({ sigmas, times }) =>
    sortedTable(
      {
        columns: ["node", "sigma", "time", "step in ln σ"],
        rows: sigmas.map((sigma, i) => [
          i + 1,
          number(sigma, 6),
          number(times[i], 6),
          i + 1 < sigmas.length ? number(Math.log(sigma / sigmas[i + 1])) : null,
        ]),
      },
      0,
      false,
    ),
};

function scheduleLead({ fitted_to: to, gained, error, log_sigma, karras }) {
  const [name, base] = log_sigma.rms * log_sigma.median < karras.rms * karras.median ? ["log-uniform", log_sigma] : ["Karras'", karras];
  const what = `A schedule for ${plural(to.count, "step")} of ${to.method} was asked for.`;
  if (!gained)
    return `${what} The fit was not safely better than schedules that know nothing of the model, and was dropped: this is the better of those.`;
  return (
    `${what} On trajectories that the fit has not seen, the root mean square error with it is ${number(error.rms, 2)} ` +
    `(median ${number(error.median, 2)}); with the ${name} schedule it is ${number(base.rms, 2)} (median ${number(base.median, 2)}).`
  );
}

function scheduleHeadline({ title, summary, schedule }) {
  const { fitted_to: to } = schedule;
  return [
    element("p", { class: "kind" }, "Shockstep \u00b7 schedule"),
    element("h1", {}, title),
    element("p", { class: "subject" }, summary.model),
    element("p", { class: "lead" }, scheduleLead(schedule)),
    element(
      "p",
      { class: "facts" },
      `Fitted to ${trajectories(schedule.rows)} of a pilot with ${count(schedule.evaluations)} model evaluations, judged on ` +
        `${count(schedule.held_out)} more` +
        (schedule.checked ? `; its wrong modes were compared at ${plural(schedule.checked, "interface")}` : "") +
        `. Method: ${to.method}${to.order ? ` of order ${to.order}` : ""}. Returned: ${finalText(to.final)}. Process: ${to.process}. ` +
        `Shockstep ${summary.version}.`,
    ),
  ];
}
