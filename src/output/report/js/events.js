// When trajectories decide, and how much an error made earlier grows.

const eventKinds = [
  ["enter", "enters an interface", "--cold"],
  ["speciation", "decides", "--warm"],
  ["exit", "leaves it", "--mid"],
];

// The bins between the few outermost events, joined until there are few enough to see; `beyond`: how many are left out.
function occupied({ edges, ...events }) {
  const all = edges.slice(1).map((_, i) => sum(eventKinds.map(([kind]) => events[kind][i])));
  const few = 0.003 * sum(all);
  let first = 0;
  let last = all.length - 1;
  for (let cut = all[first]; cut <= few; cut += all[first]) ++first;
  for (let cut = all[last]; cut <= few; cut += all[last]) --last;
  (first = Math.max(0, first - 2)), (last = Math.min(all.length - 1, last + 2));
  const out = { beyond: sum(all.slice(0, first)) + sum(all.slice(last + 1)) };
  for (const [kind] of eventKinds) {
    const { edges: joinedEdges, counts } = joined(
      { edges: edges.slice(first, last + 2), counts: events[kind].slice(first, last + 1) },
      70,
    );
    (out[kind] = counts), (out.edges = joinedEdges);
  }
  return out;
}

function beyond(events) {
  const n = occupied(events).beyond;
  return n ? ` ${plural(n, "event")} far out ${n === 1 ? "is" : "are"} not shown.` : "";
}

// Events are sought along adaptive steps of the ODE alone.
function seeksEvents({ summary }) {
  return summary.config.sampler?.dynamics !== "sde" && summary.tolerance_kind !== "none";
}

function noEvents(report) {
  if (report.summary.config.sampler?.dynamics === "sde")
    return "Events are sought on the probability-flow ODE alone; on the reverse SDE noise takes part in every decision.";
  if (report.summary.tolerance_kind === "none")
    return "Events are sought where trajectories choose their own steps; these went along a fixed grid.";
  return report.summary.config.sampler?.guard?.events === false
    ? "Events were not sought: sampler.guard.events is off."
    : "No trajectory passed close to an interface between modes.";
}

const eventsFigure = {
  key: "events",
  title: "When trajectories decide",
  explain: (events, report) =>
    events.trajectories
      ? `${trajectories(events.trajectories)} (${percent(events.trajectories, report.finished)}) passed close to an ` +
        "interface between modes. A path enters where neighbouring ones begin to move apart, decides where the denoiser " +
        `turns fastest, and leaves when the choice is made.${beyond(events)}`
      : noEvents(report),
  chart: (events, report, narrow) => {
    if (!events.trajectories) return undefined;
    const shown = occupied(events);
    const [high, low] = [shown.edges.at(-1), shown.edges[0]];
    return frame({
      grid: { ...frame().grid, top: narrow ? 78 : 58 },
      legend: {
        top: 0,
        left: 0,
        itemWidth: 16,
        itemHeight: 8,
        icon: "roundRect",
        textStyle: { color: css("--soft"), fontSize: 13 },
      },
      xAxis: sigmaAxis([low, high], { logBase: high / low < 100 ? 2 : 10, axisLabel: bareEnds() }),
      yAxis: countAxis("events"),
      tooltip: {
        ...frame().tooltip,
        trigger: "axis",
        formatter: (found) => {
          const i = found[0].dataIndex;
          const lines = found.map(({ marker, seriesName, value }) => `${marker}${seriesName}: ${count(value[1])}`);
          return [`σ from ${number(shown.edges[i + 1] ?? shown.edges[i])} to ${number(shown.edges[i])}`, ...lines].join(
            "<br>",
          );
        },
      },
      series: eventKinds.map(([kind, name, colour]) => ({
        name,
        type: "line",
        step: "end",
        symbol: "none",
        data: shown.edges.map((edge, i) => [edge, shown[kind][Math.min(i, shown[kind].length - 1)]]),
        itemStyle: { color: css(colour) },
        lineStyle: { color: css(colour), width: 2 },
        areaStyle: { color: css(colour), opacity: 0.12 },
      })),
    });
  },
};

const gainFigure = {
  key: "gain",
  title: "How errors grow",
  find: (report) => (report.summary.guard?.log_gain?.values.length ? report.summary.guard.log_gain : undefined),
  explain: (gain, report) =>
    "An error made at σ reaches the finished sample multiplied by this. A pilot measured it: " +
    `${percent(report.summary.guard.quantile, 1)} of its trajectories stay below the line. The guard divides the error that it allows by it.`,
  chart: (gain, report) => {
    const points = gain.values.map((value, i) => [
      Math.exp(-(gain.begin + ((gain.end - gain.begin) * i) / (gain.values.length - 1))),
      Math.exp(value),
    ]);
    const sizes = points.map((point) => point[1]);
    return frame({
      xAxis: sigmaAxis(report.sigma),
      yAxis: upright(logAxis("growth of an error", Math.min(1, ...sizes), Math.max(2, ...sizes))),
      tooltip: {
        ...frame().tooltip,
        trigger: "axis",
        formatter: ([{ value }]) => `σ ${number(value[0])}<br>an error grows ${number(value[1])} times`,
      },
      series: [
        {
          type: "line",
          symbol: "none",
          data: points,
          lineStyle: { color: css("--warm"), width: 2 },
          areaStyle: { color: css("--warm"), opacity: 0.1, origin: "start" },
          itemStyle: { color: css("--warm") },
        },
      ],
    });
  },
};
