// Charts, as SVG.

/** What came in as one bar: parts `{ label, value, name }` of a whole. */
function stackedBar(parts, whole, describe) {
  const width = 1000;
  let from = 0;
  const bars = parts.map(({ value, name, label }) => {
    const wide = whole > 0 ? (width * value) / whole : 0;
    // What is there is to be seen.
    const bar = svg("rect", { x: from, y: 0, width: value > 0 ? Math.max(wide, 2) : 0, height: 34, fill: `var(--${name})` },
      svg("title", {}, `${label}: ${describe(value)}`));
    from += wide;
    return bar;
  });
  const said = parts.map(({ label, value }) => `${label} ${percent(value, whole)}`).join(", ");
  return el("figure", { class: "whole" },
    svg("svg", { viewBox: `0 0 ${width} 34`, preserveAspectRatio: "none", role: "img", "aria-label": said }, bars),
    el("figcaption", {}, el("ul", { class: "legend" }, parts.map(({ label, value, name }) =>
      el("li", {}, el("i", { class: `swatch-${name}`, "aria-hidden": "true" }), `${label} `, el("b", {}, percent(value, whole)), ` (${describe(value)})`)))));
}

/** A line of values: where a value stands, 0 to 1, and what is written along it. */
function shareAxis(highest) {
  const most = highest <= 0.25 ? 0.25 : highest <= 0.5 ? 0.5 : 1;
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((tick) => tick * most);
  return { at: (value) => Math.max(0, Math.min(1, value / most)), ticks, columns: 48, zero: 0 };
}

function sizeAxis(lowest, highest) {
  // Nothing has a place of its own before the logarithms begin.
  const zero = 0.07;
  const low = Math.floor(Math.log2(lowest) - 0.01);
  const high = Math.max(low + 1, Math.ceil(Math.log2(highest) + 0.01));
  const at = (value) => (value <= 0 ? 0 : zero + (1 - zero) * Math.max(0, Math.min(1, (Math.log2(value) - low) / (high - low))));
  const ticks = [0];
  const steps = high - low > 9 ? [1] : high - low > 4 ? [1, 3] : [1, 2, 5];
  for (let ten = Math.floor(low / 3.33) - 1; ten <= high / 3.3 + 1; ten++) {
    for (const step of steps) {
      const tick = step * 10 ** ten;
      if (tick >= 2 ** low && tick <= 2 ** high) ticks.push(tick);
    }
  }
  return { at, ticks, columns: 48, zero };
}

/** Whole numbers up to a few: each has a column of its own. */
function wholeAxis(highest) {
  const columns = highest + 1;
  const step = Math.ceil(columns / 12);
  const ticks = Array.from({ length: columns }, (_, n) => n).filter((n) => n % step === 0);
  const at = (value) => Math.max(0, Math.min(1, (value + 0.5) / columns));
  return { at, ticks, columns, zero: 0, whole: true };
}

/** Where a bound stands on an axis of whole numbers: between the last that holds and the first that
    does not. */
const between = { above: 0.5, "at-least": -0.5, below: -0.5, "at-most": 0.5, "outside.low": -0.5, "outside.high": 0.5 };

/** Bins of a count: a small one is a whole number. */
const wholeBins = (bins) => bins.map(([value, number]) => [value < 12 ? Math.round(value) : value, number]);

/** Counts by column of an axis. A bin of the report is a sixteenth of a doubling wide; what is in it
    is spread over the columns that it covers. */
function columnsOf(bins, axis) {
  const columns = new Array(axis.columns).fill(0);
  let zeros = 0;
  if (axis.whole) {
    for (const [value, number] of bins) columns[Math.min(axis.columns - 1, Math.round(value))] += number;
    return { columns, zeros };
  }
  const half = 2 ** (1 / 32);
  for (const [value, number] of bins) {
    if (value <= 0) {
      zeros += number;
      continue;
    }
    const place = (at) => ((at - axis.zero) / (1 - axis.zero)) * axis.columns;
    // A whole number is what it is, not what is about it.
    const narrow = Number.isInteger(value) && value < 12;
    const from = Math.max(0, Math.min(axis.columns - 1e-6, place(axis.at(narrow ? value : value / half))));
    const to = Math.max(from + 1e-9, Math.min(axis.columns, place(axis.at(narrow ? value : value * half))));
    for (let n = Math.floor(from); n < Math.max(to, Math.floor(from) + 1e-9) && n < axis.columns; n++) {
      const part = (Math.min(to, n + 1) - Math.max(from, n)) / (to - from);
      columns[n] += number * Math.max(0, Math.min(1, part));
    }
  }
  return { columns, zeros };
}

/** How many values hold against a bound, as far as bins tell. */
function holding(bins, { bound, value }) {
  const holds = {
    above: (of) => of > value,
    "at-least": (of) => of >= value * 0.978,
    below: (of) => of < value,
    "at-most": (of) => of <= value * 1.022,
    "outside.low": (of) => of < value,
    "outside.high": (of) => of > value,
  }[bound];
  if (!holds) return null;
  return bins.reduce((sum, [of, number]) => sum + (holds(of) ? number : 0), 0);
}

const BOUNDS = {
  above: ["above", 1], "at-least": ["at least", 1], below: ["below", -1], "at-most": ["at most", -1],
  "outside.low": ["below", -1], "outside.high": ["above", 1], "ramp.from": ["ramp from", 0], "ramp.to": ["ramp to", 0],
};

/**
 * How the values of a signal are spread, with the thresholds of the rules that ask for it. `marks` are
 * `{ letter, value, bound }`. Heights are square roots, so that few are seen beside many.
 */
function spreadChart(name, quantiles, unit, marks) {
  const [wide, high, top, bottom, left] = [440, 140, marks.length > 3 ? 38 : 20, 22, 6];
  const bins = unit === "count" ? wholeBins(quantiles.bins ?? []) : (quantiles.bins ?? []);
  const sizes = bins.map(([value]) => value).filter((value) => value > 0);
  const limits = marks.map(({ value }) => value).filter((value) => value > 0);
  const highest = Math.max(...sizes, ...limits, 0);
  const axis = unit === "count" && highest < 12 ? wholeAxis(Math.max(1, Math.ceil(highest)))
    : unit === "ratio" ? shareAxis(highest) : sizeAxis(Math.min(...sizes, ...limits, 1), Math.max(highest, 1));
  const { columns, zeros } = columnsOf(bins, axis);
  const root = (number) => Math.sqrt(number);
  const most = Math.max(root(zeros), ...columns.map(root), 1);
  const room = wide - 2 * left;
  const x = (share) => left + room * share;
  const height = (number) => (number > 0 ? Math.max(1.2, (high * root(number)) / most) : 0);
  const step = (room * (1 - axis.zero)) / axis.columns;
  const slim = Math.min(step - 0.8, 40);
  const bars = columns.map((number, n) => {
    const tall = height(number);
    const from = x(axis.zero) + n * step + (step - slim) / 2;
    return tall > 0 ? `M${from.toFixed(1)} ${top + high}v${(-tall).toFixed(1)}h${slim.toFixed(1)}v${tall.toFixed(1)}z` : "";
  });
  const ofZero = axis.whole ? null : axis.zero > 0
    ? svg("rect", { class: "zero", x: left, y: top + high - height(zeros), width: room * axis.zero - 7, height: height(zeros) })
    : svg("rect", { class: "zero", x: left - 4, y: top + high - height(zeros), width: 4, height: height(zeros) });
  const ticks = axis.ticks.map((tick) => {
    const at = axis.zero > 0 && tick === 0 ? left + (room * axis.zero - 7) / 2 : x(axis.at(tick));
    const anchor = at < left + 12 && axis.zero === 0 ? "start" : at > wide - left - 12 ? "end" : "middle";
    return [svg("line", { class: "tick", x1: at, x2: at, y1: top + high, y2: top + high + 3 }),
      svg("text", { x: at, y: top + high + 15, "text-anchor": anchor }, shortNumber(tick))];
  });
  const ends = [];
  const lines = marks.map(({ letter, value, bound }) => {
    const at = x(axis.at(axis.whole ? value + (between[bound] ?? 0) : value));
    // Letters that would stand on one another stand one above the other.
    let level = ends.findIndex((end) => at > end + 13);
    if (level < 0) level = ends.length < 3 ? ends.length : ends.indexOf(Math.min(...ends));
    ends[level] = at;
    const way = BOUNDS[bound]?.[1] ?? 0;
    const arrow = way === 0 ? null : svg("path", { class: "arrow", d: `M${at} ${top + 4}h${way * 9}m${-way * 3.5} -3.5l${way * 3.5} 3.5l${-way * 3.5} 3.5` });
    const inside = Math.max(left + 4, Math.min(wide - left - 4, at));
    return [svg("line", { class: "bound", x1: at, x2: at, y1: top, y2: top + high }), arrow,
      svg("text", { class: "letter", x: inside, y: top - 5 - 10 * level, "text-anchor": "middle" }, letter)];
  });
  const said = `${name}: half of ${count(quantiles.count)} values are at or below ${valueOf(quantiles.p50)}, 95 % at or below ${valueOf(quantiles.p95)}`;
  return svg("svg", { class: "spread", viewBox: `0 0 ${wide} ${top + high + bottom}`, role: "img", "aria-label": said },
    ofZero, svg("path", { class: "bars", d: bars.join("") }),
    svg("line", { class: "ground", x1: left, x2: wide - left, y1: top + high, y2: top + high }), ticks, lines);
}

function shortNumber(value) {
  for (const [size, letter] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]]) if (value >= size) return `${figures.format(value / size)}${letter}`;
  return figures.format(value);
}

/** How far rules fire together: in each row, of the targets that its rule hit, the share that each
    other hit too. */
function overlapMatrix(rules, pairs) {
  const places = new Map(rules.map(({ rule }, n) => [rule, n]));
  const both = rules.map(() => new Map());
  for (const { rules: [a, b], targets } of pairs) {
    const [n, m] = [places.get(a), places.get(b)];
    if (n === undefined || m === undefined) continue;
    both[n].set(m, targets);
    both[m].set(n, targets);
  }
  const cell = (row, n, m) => {
    if (n === m) return el("td", { class: "self", "aria-label": "itself" }, "");
    const targets = both[n].get(m) ?? 0;
    const share = row.hits > 0 ? targets / row.hits : 0;
    const shown = targets === 0 ? "" : share < 0.005 ? "<1" : String(Math.round(100 * share));
    const title = `${rules[m].rule} also hit ${count(targets)} of the ${count(row.hits)} targets of ${row.rule}`;
    return el("td", { title, class: share > 0.55 ? "strong" : null, css: { "--share": `${Math.round(85 * share)}%` } }, shown);
  };
  return el("div", { class: "scroll" }, el("table", { class: "matrix" },
    el("caption", {}, "Of the targets that the rule of a row hit, the percentage that the rule of a column hit too."),
    el("thead", {}, el("tr", {}, el("th", { scope: "col", class: "name" }, "Rule"), el("th", { scope: "col", class: "number" }, "Hits"),
      rules.map(({ rule }, n) => el("th", { scope: "col", title: rule }, el("span", { "aria-label": rule }, String(n + 1)))))),
    el("tbody", {}, rules.map((row, n) => el("tr", {},
      el("th", { scope: "row" }, el("span", { class: "faint" }, `${n + 1} `), row.rule), el("td", { class: "number" }, count(row.hits)),
      rules.map((_, m) => cell(row, n, m)))))));
}
