// Neighbouring bins put together until there are few enough to see.
function joined({ edges, counts }, most) {
  const group = Math.ceil(counts.length / most);
  const starts = [];
  for (let i = 0; i < counts.length; i += group) starts.push(i);
  return {
    edges: [...starts.map((i) => edges[i]), edges.at(-1)],
    counts: starts.map((i) => sum(counts.slice(i, i + group))),
  };
}

// A histogram: bars between edges, and a tooltip wherever the pointer is above one.

// `describe(low, high, n)`: the tooltip. `marks`: [{at, label}], vertical lines.
function bars({ edges, counts, xAxis, yName, colour, describe, marks = [] }) {
  const data = counts.map((n, i) => [edges[i], edges[i + 1], n]);
  const highest = Math.max(1, ...counts);
  const series = [
    {
      type: "custom",
      encode: { x: [0, 1], y: 2 },
      data,
      clip: true,
      itemStyle: { color: colour || css("--cold") },
      renderItem: (params, api) => {
        const [left, top] = api.coord([api.value(0), api.value(2)]);
        const [right, bottom] = api.coord([api.value(1), 0]);
        const x = Math.min(left, right);
        const pitch = Math.abs(right - left);
        const width = Math.max(1, pitch > 4 ? pitch - 1 : pitch);
        const box = params.coordSys;
        const column = { x, y: box.y, width, height: box.height };
        return {
          type: "group",
          children: [
            { type: "rect", shape: column, style: { fill: "transparent" } },
            { type: "rect", shape: { ...column, y: top, height: bottom - top }, style: { fill: api.visual("color") } },
          ],
        };
      },
    },
  ];
  for (const mark of marks)
    series.push({
      type: "line",
      silent: true,
      symbol: "none",
      lineStyle: { color: css("--ink"), width: 1.5, type: "dashed" },
      data: [
        [mark.at, 0],
        [mark.at, highest],
      ],
      endLabel: {
        show: true,
        formatter: mark.label,
        color: css("--ink"),
        fontSize: 12,
        textBorderColor: css("--card"),
        textBorderWidth: 4,
        offset: mark.offset || [0, 0],
        align: mark.align || "left",
      },
    });
  return frame({
    xAxis,
    yAxis: countAxis(yName),
    tooltip: { ...frame().tooltip, formatter: ({ value }) => describe(value[0], value[1], value[2]) },
    series,
  });
}
