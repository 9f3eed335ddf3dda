// The tree of decisions: branches between the noise levels at which modes split, as wide as the trajectories they carry.

// Leaves from top to bottom in the order of a walk through the tree, parents in the middle of their children.
function placed(nodes) {
  const children = nodes.map(() => []);
  nodes.forEach((node, i) => node.parent >= 0 && children[node.parent].push(i));
  const place = new Array(nodes.length);
  let leaves = 0;
  const visit = (i) => {
    if (!children[i].length) return (place[i] = leaves++);
    const places = children[i].map(visit);
    return (place[i] = (Math.min(...places) + Math.max(...places)) / 2);
  };
  visit(nodes.length - 1);
  return { place, leaves };
}

// Where each branch leaves its parent: stacked, so that the children together are as broad as it. In shares of all.
function stacked(nodes, place) {
  const order = nodes.map((_, i) => i).sort((a, b) => place[a] - place[b]);
  const used = nodes.map((node) => -node.count / 2);
  const start = nodes.map(() => 0);
  for (const i of order) {
    const { parent, count: n } = nodes[i];
    if (parent < 0) continue;
    start[i] = used[parent] + n / 2;
    used[parent] += n;
  }
  const all = Math.max(1, nodes.at(-1).count);
  return start.map((at) => at / all);
}

function tree({ nodes }, report, narrow) {
  const { place, leaves } = placed(nodes);
  const start = stacked(nodes, place);
  const root = nodes.at(-1);
  const splits = nodes.map((node) => node.sigma).filter((sigma) => sigma > 0);
  const range = [
    Math.max(report.sigma[0], Math.min(...splits) / 4),
    Math.min(report.sigma[1], Math.max(...splits) * 2.5),
  ];
  const breadth = 0.6 * rowOfTree(leaves) * Math.min(leaves, 5); // of all trajectories, pixels
  const label = (node) => `${narrow ? node.label.split(" (")[0] : node.label}  ${percent(node.count, root.count)}`;
  const longest = Math.max(...nodes.filter((node) => node.label).map((node) => label(node).length));
  const data = nodes.map((node, i) => {
    const from = node.parent >= 0 ? nodes[node.parent].sigma : range[1];
    return [from, node.sigma || range[0], place[node.parent] ?? place[i], place[i], i];
  });
  return frame({
    grid: { ...frame().grid, left: 4, right: 14 + 7.2 * longest, top: 8 },
    xAxis: sigmaAxis(range, {
      logBase: range[1] / range[0] < 100 ? 2 : 10,
      axisLabel: bareEnds(),
      ...(narrow ? { name: "noise level σ" } : {}),
    }),
    yAxis: { type: "value", min: -0.6, max: leaves - 0.4, inverse: true, show: false },
    tooltip: {
      ...frame().tooltip,
      formatter: ({ value }) => {
        const node = nodes[value[4]];
        const share = `${trajectories(node.count)} (${percent(node.count, root.count)})`;
        const end = node.sigma ? `splits at σ = ${number(node.sigma)}` : node.label;
        return `${end}<br>${share}<br>${count(node.decided)} of them decided in an interface`;
      },
    },
    series: [
      {
        type: "custom",
        data,
        encode: { x: [0, 1], y: [2, 3] },
        renderItem: (params, api) => {
          const i = api.value(4);
          const node = nodes[i];
          const [x0, parentY] = api.coord([api.value(0), api.value(2)]);
          const [x1, y1] = api.coord([api.value(1), api.value(3)]);
          const y0 = parentY + breadth * start[i];
          const bend = x0 + Math.min(x1 - x0, narrow ? 50 : 120);
          const middle = (x0 + bend) / 2;
          const width = Math.max(1.5, (breadth * node.count) / Math.max(1, root.count));
          const curve = {
            type: "path",
            shape: { pathData: `M${x0},${y0}C${middle},${y0} ${middle},${y1} ${bend},${y1}L${x1},${y1}` },
            style: {
              fill: "none",
              stroke: shade(node.count ? (0.75 * node.decided) / node.count : 0),
              lineWidth: width,
              opacity: 0.85,
            },
          };
          // A broad, invisible twin takes the pointer.
          const target = { ...curve, style: { ...curve.style, opacity: 0, lineWidth: Math.max(14, width) } };
          const name = {
            x: x1 + 8,
            y: y1,
            text: label(node),
            fill: css("--ink"),
            font: `13px ${frame().textStyle.fontFamily}`,
            verticalAlign: "middle",
          };
          return {
            type: "group",
            children: [curve, target, ...(node.label ? [{ type: "text", silent: true, style: name }] : [])],
          };
        },
      },
    ],
  });
}

const rowOfTree = (leaves) => (leaves <= 4 ? 48 : leaves <= 12 ? 34 : 24);

const decisionsFigure = {
  key: "decisions",
  title: "Tree of decisions",
  explain: (decisions, report) =>
    decisions.why ||
    (report.inspect?.fitted
      ? "The modes are those of a Gaussian mixture at the clusters of the samples, in place of the model's. "
      : "") +
      "At large noise all modes are one. Each fork is the noise level at which the density splits, and a branch is as broad " +
      "as the number of trajectories that took it is large. The warmer a branch, the more of them decided inside an interface. A " +
      "sample belongs to the mode with the nearest mean.",
  chart: (decisions, report, narrow) => (decisions.why ? undefined : tree(decisions, report, narrow)),
  heightOf: (decisions) =>
    decisions.why ? 0 : 60 + rowOfTree(placed(decisions.nodes).leaves) * Math.max(2.4, placed(decisions.nodes).leaves),
};
