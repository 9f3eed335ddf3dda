// Colours and axes that all figures share; style.css holds the colours, for light and dark.

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Blue where there was no decision, violet, red, orange and yellow with a growing exponent: those of samples.png.
const stops = ["#2668b0", "#794aa0", "#cb3c58", "#ee762e", "#fabc2a"];
const warmth = (exponent) => 1 - Math.exp(-Math.max(0, exponent || 0) / 1.5); // differences near zero matter most
const shade = (at) => echarts.color.lerp(Math.min(1, Math.max(0, at)), stops);

function axis(name, more = {}) {
  return {
    name,
    nameLocation: "middle",
    nameGap: 28,
    nameTextStyle: { color: css("--soft"), fontSize: 13 },
    axisLine: { show: true, onZero: false, lineStyle: { color: css("--line") } },
    axisTick: { lineStyle: { color: css("--line") } },
    axisLabel: { color: css("--soft"), fontSize: 12, hideOverlap: true, formatter: (value) => number(value) },
    splitLine: { lineStyle: { color: css("--faint") } },
    ...more,
  };
}

// Time runs from left to right: sigma falls.
const sigmaAxis = ([low, high], more = {}) =>
  axis("noise level σ, falling from left to right", { type: "log", inverse: true, min: low, max: high, ...more });

// Ends that are no round numbers bear none.
const bareEnds = () => ({ ...axis().axisLabel, showMinLabel: false, showMaxLabel: false });

// Powers of two where powers of ten would be too few, up to a ratio of `few`.
function logAxis(name, low, high, few = 30) {
  const air = high / low < 2 ? 1.5 : 1.05;
  const logBase = high / low > few ? 10 : 2;
  return axis(name, {
    type: "log",
    logBase,
    min: low / air,
    max: high * air,
    axisLabel: { ...bareEnds(), formatter: (value) => number(value, logBase === 2 ? 2 : 3) }, // 0.00781 would be wider than the margin
  });
}

// An axis along which counts or sizes grow bears its name on top, where it can be read without turning the head.
const upright = (made) => ({
  ...made,
  nameLocation: "end",
  nameGap: 12,
  nameTextStyle: { ...made.nameTextStyle, align: "left", padding: [0, 0, 0, -50] },
});

function frame(more = {}) {
  return {
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    grid: { left: 54, right: 20, top: 34, bottom: 50 },
    tooltip: {
      confine: true,
      transitionDuration: 0,
      backgroundColor: css("--card"),
      borderColor: css("--line"),
      textStyle: { color: css("--ink"), fontSize: 13 },
    },
    ...more,
  };
}

const countAxis = (name = "trajectories") => upright(axis(name, { type: "value", minInterval: 1 }));
