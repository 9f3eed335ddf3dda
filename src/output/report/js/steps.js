// Step size against sigma, trajectory by trajectory.

function capLine(report) {
  const cap = report.summary.guard?.cap;
  if (!cap?.values.length) return [];
  const lams = cap.values.map((_, i) => cap.begin + ((cap.end - cap.begin) * i) / (cap.values.length - 1));
  return [
    {
      name: "cap",
      type: "line",
      silent: true,
      symbol: "none",
      lineStyle: { color: css("--ink"), width: 1.5, type: "dashed", opacity: 0.7 },
      data: lams.map((lam, i) => [Math.exp(-lam), cap.values[i]]),
      z: 4,
    },
  ];
}

// Bands between all ends of windows, the darker the more of the windows cover them.
function windowShades(traces, sigma) {
  const windows = traces.flatMap((trace) => trace.windows);
  const ends = [...new Set(windows.flat())].sort((a, b) => b - a);
  const bands = ends
    .slice(1)
    .map((low, i) => [ends[i], low, windows.filter(([enter, exit]) => enter > low && exit < ends[i]).length]);
  return {
    name: "windows",
    type: "custom",
    silent: true,
    clip: true,
    data: bands.filter((band) => band[2] > 0),
    z: 1,
    encode: { x: [0, 1] },
    renderItem: (params, api) => {
      const [left] = api.coord([Math.min(api.value(0), sigma[1]), 1]);
      const [right] = api.coord([Math.max(api.value(1), sigma[0]), 1]);
      const { y, height } = params.coordSys;
      const opacity = 0.08 + (0.3 * api.value(2)) / windows.length;
      return {
        type: "rect",
        shape: { x: left, y, width: right - left, height },
        style: { fill: `rgba(${css("--shade")}, ${opacity})` },
      };
    },
  };
}

function stepLines(trace) {
  const points = trace.lam.map((lam, i) => ({
    value: [Math.exp(-lam), trace.h[i], trace.ratio[i], trace.accepted[i]],
    ...(trace.accepted[i]
      ? {}
      : {
          symbol: "diamond",
          symbolSize: 7,
          itemStyle: { color: css("--card"), borderColor: css("--ink"), borderWidth: 1 },
        }),
  }));
  const colour = shade(warmth(trace.exponent));
  return {
    name: `trajectory ${trace.trajectory}`,
    type: "line",
    data: points,
    symbol: "circle",
    symbolSize: 3,
    clip: true,
    z: 2,
    itemStyle: { color: colour },
    lineStyle: { color: colour, width: 1, opacity: 0.55 },
    emphasis: { focus: "series", lineStyle: { width: 2.5, opacity: 1 } },
    blur: { lineStyle: { opacity: 0.07 }, itemStyle: { opacity: 0.07 } },
  };
}

const stepsFigure = {
  key: "steps",
  title: "Step sizes",
  explain: (traces, report) => {
    if (!traces.length) return "No steps were recorded: output.steps is 0.";
    const windows = sum(traces.map((trace) => trace.windows.length));
    const rejected = sum(traces.map((trace) => sum(trace.accepted.map((a) => 1 - a))));
    return (
      `Each line is one of ${trajectories(traces.length)}; a dot is a step, placed where it begins. ` +
      (windows
        ? "The shaded bands are the windows in which they passed a mode interface, where errors grow: steps are short " +
          "there and before. "
        : seeksEvents(report)
          ? "None of them passed a mode interface. "
          : "") +
      (report.summary.guard?.cap?.values.length ? "The dashed line is the longest step the guard allows. " : "") +
      (rejected ? `Diamonds are rejected steps (${count(rejected)}). ` : "") +
      "Point at a line to follow it."
    );
  },
  chart: (traces, report) => {
    if (!traces.length) return undefined;
    // The last step of a path may be arbitrarily short, to land on sigma_min: it must not set the scale.
    const sizes = traces.flatMap((trace) => (trace.h.length > 1 ? trace.h.slice(0, -1) : trace.h));
    const low = Math.min(...sizes);
    const high = Math.max(...sizes);
    return frame({
      xAxis: sigmaAxis(report.sigma),
      yAxis: upright(logAxis("step size in ln σ", low, high, 200)),
      tooltip: {
        ...frame().tooltip,
        formatter: ({ seriesName, value }) =>
          `${seriesName}<br>σ ${number(value[0])}, step ${number(value[1])}<br>` +
          `error ${number(value[2])} of what is allowed${value[3] ? "" : ", rejected"}`,
      },
      series: [windowShades(traces, report.sigma), ...traces.map(stepLines), ...capLine(report)],
    });
  },
  height: 380,
};
