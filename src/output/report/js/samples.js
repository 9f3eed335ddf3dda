// The samples: a grid of images, points over the density, or a histogram with the density.

function densityImage({ size, bytes }) {
  const canvas = element("canvas", { width: size, height: size });
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(size, size);
  const [red, green, blue] = css("--density").split(",").map(Number);
  const values = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0));
  values.forEach((value, i) => pixels.data.set([red, green, blue, 110 * Math.sqrt(value / 255)], 4 * i));
  context.putImageData(pixels, 0, 0);
  return canvas;
}

function plane(samples, report, narrow) {
  const side = (name, [min, max]) => axis(name, { type: "value", min, max, axisLabel: bareEnds() });
  const series = [];
  if (samples.density) {
    const image = densityImage(samples.density);
    series.push({
      type: "custom",
      silent: true,
      data: [[samples.x[0], samples.y[1]]],
      renderItem: (params, api) => {
        const [x, y] = api.coord([samples.x[0], samples.y[1]]);
        const [right, bottom] = api.coord([samples.x[1], samples.y[0]]);
        return { type: "image", style: { image, x, y, width: right - x, height: bottom - y } };
      },
    });
  }
  const order = [...samples.points].sort((a, b) => a[2] - b[2]); // the few that decided late come last, on top
  series.push({
    type: "scatter",
    clip: true,
    progressive: 0, // all at once: so few take no time, and a print or a screenshot is complete
    symbolSize: samples.points.length > 1000 ? 4 : 6,
    data: order.map(([x, y, exponent, trajectory]) => [x, y, warmth(exponent), exponent, trajectory]),
  });
  return frame({
    grid: { ...frame().grid, bottom: 92 },
    xAxis: side("x₁", samples.x),
    yAxis: upright(side("x₂", samples.y)),
    visualMap: {
      type: "continuous",
      show: seeksEvents(report),
      seriesIndex: series.length - 1,
      dimension: 2,
      min: 0,
      max: 1,
      inRange: { color: stops },
      orient: "horizontal",
      left: "center",
      bottom: 0,
      itemHeight: narrow ? 80 : 130,
      itemWidth: 10,
      text: ["errors grew", "no decision"],
      textStyle: { color: css("--soft"), fontSize: 12 },
      hoverLink: false,
    },
    tooltip: {
      ...frame().tooltip,
      formatter: ({ value: [x, y, , exponent, trajectory] }) =>
        `trajectory ${trajectory}<br>(${number(x)}, ${number(y)})<br>exponent ${number(exponent)}`,
    },
    series,
  });
}

function line(samples) {
  const { edges, counts } = samples;
  const width = edges[1] - edges[0];
  const option = bars({
    edges,
    counts,
    xAxis: axis("x", { type: "value", min: edges[0], max: edges.at(-1), axisLabel: bareEnds() }),
    yName: "samples",
    describe: (low, high, n) => `x from ${number(low)} to ${number(high)}<br>${plural(n, "sample")}`,
  });
  if (samples.density)
    option.series.push({
      type: "line",
      silent: true,
      symbol: "none",
      lineStyle: { color: css("--hot"), width: 2 },
      data: samples.density.map(([x, p]) => [x, p * width * (samples.shown - samples.missing)]),
    });
  return option;
}

const samplesFigure = {
  key: "samples",
  title: "Samples",
  explain: (samples, report) => {
    const { shown, missing } = samples;
    const which =
      (shown < report.finished
        ? `The first ${count(shown)} of ${plural(report.finished, "sample")}`
        : plural(shown, "sample")) + (missing ? ` (${count(missing)} of them not finite)` : "");
    if (samples.kind === "image") return `${which}.`;
    if (samples.kind === "line")
      return `${which}${samples.density ? "; the line is the exact density, which the bars should follow" : ""}.`;
    if (samples.kind === "plane")
      return (
        `${which}${samples.density ? ", over the exact density (shaded)" : ""}.` +
        (seeksEvents(report)
          ? " Blue ones passed no interface; the warmer a dot, the more errors grew when it decided between two modes."
          : "")
      );
    return samples.why;
  },
  chart: (samples, report, narrow) => ({ plane, line })[samples.kind]?.(samples, report, narrow),
  shape: (samples) => (samples.kind === "plane" ? "square" : "wide"),
  content: (samples) =>
    samples.kind === "image"
      ? element("img", { class: "tiles-of-images", src: samples.png, alt: `${samples.shown} samples side by side` })
      : undefined,
};
