// Tables that are sorted by the buttons in their heads.

/** Rows of a table on paper, at least, if there are as many. */
const PRINTED_ROWS = 60;

/** A bar as wide as a share, 0 to 1, or several side by side as `[share, class]`. */
function cellBar(parts) {
  const list = Array.isArray(parts) ? parts : [[parts, ""]];
  let from = 0;
  const bars = list.map(([share, of]) => {
    const width = Math.max(0, Math.min(1, share || 0));
    const bar = svg("rect", { class: of, x: `${100 * from}%`, width: `${100 * width}%`, height: "100%", rx: 1.5 });
    from += width;
    return bar;
  });
  return svg("svg", { class: "cell-bar", "aria-hidden": "true" },
    svg("rect", { class: "ground", width: "100%", height: "100%", rx: 1.5 }), bars);
}

/**
 * A table. A column is `{ label, value, cell, number, name, below, note }`: `value` of a row is what it
 * is sorted by, `cell` what is shown (the value if there is none), `number` puts it to the right,
 * `name` makes it the head of its row, `below` is what stands under that, `note` explains it. `options`: `caption`, `sort` (number of a
 * column), `up` (sorted upwards at first), `first` (rows shown at first), `filter` (text of a row that
 * a search field looks through) with `filterLabel`, `keep` (whether a row is shown now), `detail` (what
 * opens under a row), `id`.
 */
function table(columns, rows, options) {
  const first = options.first ?? 25;
  const state = { column: options.sort ?? 0, up: options.up ?? false, shown: first, words: [], open: new Set() };
  const body = el("tbody");
  const status = el("span", { class: "faint small", role: "status" });
  const more = el("button", { type: "button", on: { click: () => show(state.shown + 200) } });
  const all = el("button", { type: "button", on: { click: () => show(rows.length) } }, "Show all");
  const fewer = el("button", { type: "button", on: { click: () => show(first) } }, "Show fewer");
  const heads = columns.map((column, n) => {
    const button = el("button", { type: "button", title: column.note, on: { click: () => sortBy(n) } }, column.label);
    return el("th", { scope: "col", class: column.number ? "number" : null }, button);
  });
  const element = el("table", { id: options.id },
    el("caption", {}, options.caption), el("thead", {}, el("tr", {}, heads)), body);

  const compare = (a, b) => {
    if (a === b) return 0;
    if (a === null || a === undefined) return 1;
    if (b === null || b === undefined) return -1;
    const order = typeof a === "string" ? (a < b ? -1 : 1) : a - b;
    return state.up ? order : -order;
  };
  let sorted = [];
  function arrange() {
    const column = columns[state.column];
    const wanted = rows.filter((row) => (options.keep?.(row) ?? true) && state.words.every((word) => options.filter(row).includes(word)));
    sorted = wanted.map((row, n) => [column.value(row), n, row]).sort((a, b) => compare(a[0], b[0]) || a[1] - b[1]).map(([, , row]) => row);
    heads.forEach((head, n) => {
      if (n === state.column) head.setAttribute("aria-sort", state.up ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    });
    draw();
  }
  function draw() {
    const visible = sorted.slice(0, state.shown);
    body.replaceChildren(...visible.flatMap(rowOf));
    if (sorted.length === 0) body.append(el("tr", {}, el("td", { colspan: columns.length, class: "faint" }, "none")));
    const hidden = sorted.length - visible.length;
    status.textContent = hidden > 0 || sorted.length < rows.length ? `${count(visible.length)} of ${count(sorted.length)} shown` : "";
    more.textContent = `Show ${count(Math.min(200, hidden))} more`;
    more.hidden = hidden <= 0;
    all.hidden = hidden <= 200 || sorted.length > 5000;
    fewer.hidden = state.shown <= first || sorted.length <= first;
  }
  function rowOf(row) {
    const cells = columns.map((column, n) => {
      const shown = (column.cell ?? ((of) => column.value(of)))(row);
      const content = [n === 0 && options.detail ? opener(row, shown) : shown, column.below?.(row)];
      const names = [column.number ? "number" : null, column.name ? "name" : null, n === 0 && options.detail ? "opens" : null].filter(Boolean).join(" ");
      return column.name ? el("th", { scope: "row", class: names }, content) : el("td", { class: names || null }, content);
    });
    const line = el("tr", {}, cells);
    return state.open.has(row) ? [line, detailOf(row)] : [line];
  }
  function opener(row, shown) {
    const button = el("button", { type: "button", class: "open", "aria-expanded": state.open.has(row) ? "true" : "false" }, shown);
    button.addEventListener("click", () => {
      const line = button.closest("tr");
      if (state.open.delete(row)) line.nextElementSibling.remove();
      else {
        state.open.add(row);
        line.after(detailOf(row));
      }
      button.setAttribute("aria-expanded", state.open.has(row) ? "true" : "false");
    });
    return button;
  }
  const detailOf = (row) => el("tr", { class: "detail" }, el("td", { colspan: columns.length }, options.detail(row)));
  function sortBy(n) {
    // A number is of interest from its greatest on, a name from its first.
    if (state.column === n) state.up = !state.up;
    else [state.column, state.up] = [n, !columns[n].number];
    arrange();
  }
  function show(most) {
    state.shown = most;
    draw();
  }

  // Paper has no buttons: it gets more rows.
  let before = 0;
  addEventListener("beforeprint", () => {
    before = state.shown;
    if (block.isConnected && state.shown < PRINTED_ROWS) show(PRINTED_ROWS);
  });
  addEventListener("afterprint", () => show(before || state.shown));

  const parts = [];
  if (options.filter && rows.length > 8) {
    const search = el("input", { type: "search", autocomplete: "off", spellcheck: "false" });
    search.addEventListener("input", debounced(() => {
      state.words = wordsOf(search.value);
      state.shown = first;
      arrange();
    }));
    parts.push(el("div", { class: "controls no-print" }, field(options.filterLabel ?? "Find", search), options.beside));
  } else if (options.beside) parts.push(el("div", { class: "controls no-print" }, options.beside));
  parts.push(el("div", { class: "scroll" }, element), el("div", { class: "more" }, status, el("span", { class: "no-print" }, more, " ", all, " ", fewer)));
  arrange();
  const block = el("div", { class: "table" }, parts);
  return Object.assign(block, { arrange, openRow: (row) => {
    state.open.add(row);
    if (sorted.indexOf(row) >= state.shown) state.shown = sorted.indexOf(row) + 1;
    draw();
  } });
}

/** What is searched for: words in lower case that must all be there. */
const wordsOf = (text) => text.toLowerCase().split(/\s+/).filter((word) => word !== "");
