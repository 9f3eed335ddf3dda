// A table that sorts by a click on a header; a second click turns the order.

function sortedTable({ columns, rows }, by, descending = true) {
  const body = element("tbody");
  const headers = [];
  const compare = (a, b) => {
    if (a === null || b === null) return (a === null) - (b === null); // unknown is last either way
    if (typeof a !== typeof b) return ((typeof a === "string") - (typeof b === "string")) * (descending ? -1 : 1);
    return (typeof a === "number" ? a - b : String(a).localeCompare(b)) * (descending ? -1 : 1);
  };
  const fill = () => {
    const order = [...rows].sort((a, b) => compare(a[by], b[by]) || (typeof a[0] === "number" ? a[0] - b[0] : 0));
    body.replaceChildren(
      ...order.map((row) =>
        element(
          "tr",
          {},
          ...row.map((value) =>
            element(
              "td",
              {},
              typeof value === "number" ? (Number.isInteger(value) ? count(value) : number(value)) : (value ?? "–"),
            ),
          ),
        ),
      ),
    );
    headers.forEach((header, i) =>
      i === by
        ? header.setAttribute("aria-sort", descending ? "descending" : "ascending")
        : header.removeAttribute("aria-sort"),
    );
  };
  columns.forEach((column, i) => {
    const button = element("button", { type: "button" }, column.replaceAll("_", " "));
    button.addEventListener("click", () => {
      descending = by === i ? !descending : typeof rows[0]?.[i] === "number";
      by = i;
      fill();
    });
    headers.push(element("th", { scope: "col" }, button));
  });
  fill();
  return element(
    "div",
    { class: "rows", tabindex: "0" },
    element("table", {}, element("thead", {}, element("tr", {}, ...headers)), body),
  );
}

const trajectoriesFigure = {
  key: "trajectories",
  title: "Trajectories worth a look",
  explain: ({ rows }, report) =>
    rows.length
      ? `The ${count(rows.length)} of ${count(report.finished)} with the largest error estimates (upper bounds) and exponents, and any that ` +
        "went wrong; trajectories.csv has all. Click a header to sort by it."
      : "No trajectory stands out: no error was estimated, none decided in an interface, none went wrong.",
  content: ({ columns, rows }) => {
    if (!rows.length) return undefined;
    const error = columns.indexOf("error_estimate");
    const exponent = columns.indexOf("exponent");
    return sortedTable({ columns, rows }, rows.some((row) => row[error] !== null) ? error : exponent);
  },
};
