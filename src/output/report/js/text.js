// Numbers and sentences for people.

// Three digits, as short as they get: 0.0123, 47, 1.2e-5.
function number(value, digits = 3) {
  if (value === null || value === undefined || !Number.isFinite(Number(value))) return "unknown";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6))
    return value
      .toExponential(digits - 1)
      .replace(/\.?0+e/, "e")
      .replace("e+", "e");
  return String(Number(Number(value).toPrecision(Math.max(digits, Math.ceil(Math.log10(size + 1))))));
}

// 12 345 with thin spaces.
const count = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f");

function percent(part, whole) {
  if (!whole) return "0\u00a0%";
  const share = (100 * part) / whole;
  if (part < whole && share > 99.9) return "more than 99.9\u00a0%";
  if (part > 0 && share < 0.1) return "less than 0.1\u00a0%";
  return `${Number(share.toPrecision(share > 10 ? 3 : 2))}\u00a0%`;
}

const plural = (n, one, many = one + "s") => `${count(n)} ${n === 1 ? one : many}`;

const trajectories = (n) => plural(n, "trajectory", "trajectories");

// What `final` returns, in words.
const finalText = (final) => (final === "denoise" ? "the denoised state at sigma_min" : "the state at sigma_min");

const sum = (numbers) => numbers.reduce((total, n) => total + n, 0);

// An element; children are elements or plain text, which is never read as HTML.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
