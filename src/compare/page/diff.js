// What other rules change: sums, decisions, and each direction by rule with samples.

const { old: oldName, new: newName, differences } = pageData();

/** A sample in its context: what goes is struck out, what comes back is underlined. */
function sampleNode(sample, tag) {
  const place = sample.id === sample.source ? sample.source : `${sample.id}, ${sample.source} record ${count(sample.ordinal + 1)}`;
  return el("div", { class: "sample" },
    el("p", { class: "where small faint" }, textNodes(`${place}, bytes ${count(sample.start)}–${count(sample.end)}`)),
    el("blockquote", { class: "text" },
      el("span", { class: "faint" }, textNodes(sample.before)),
      el(tag, {}, textNodes(sample.text)),
      el("span", { class: "faint" }, textNodes(sample.after))));
}

const amounts = [
  { label: "Documents", number: true, value: ({ documents }) => documents, cell: ({ documents }) => count(documents) },
  { label: "Spans", number: true, value: ({ spans }) => spans, cell: ({ spans }) => count(spans) },
  { label: "Bytes", number: true, value: (row) => row.bytes, cell: (row) => count(row.bytes) },
  { label: "Characters", number: true, value: ({ characters }) => characters, cell: ({ characters }) => count(characters) },
];

/** What one set takes away alone. */
function direction(of, tag, id) {
  const dropped = of.dropped;
  if (of.spans === 0 && dropped.length === 0) return el("p", {}, "Nothing.");
  const categories = Object.entries(of.categories).map(([name, amount]) => ({ name, ...amount }));
  const rules = Object.entries(of.rules).map(([name, rule]) => ({ name, ...rule }));
  const name = (label) => ({ label, name: true, value: (row) => row.name });
  return el("div", {},
    el("p", {}, `${counted(of.spans, "span")} in ${counted(of.documents, "document")}: ${bytes(of.bytes)}, ${counted(of.characters, "character")}.`),
    el("h3", {}, "By category"),
    table([name("Category"), ...amounts], categories, { caption: "Greatest first", sort: 3, id: `${id}-categories` }),
    el("h3", {}, "By rule"),
    table(
      [name("Rule"), { label: "Category", value: ({ category }) => category ?? "" }, ...amounts],
      rules,
      {
        caption: "A rule opens on samples: those with the smallest hash, so the same whatever order documents came in",
        sort: 4,
        id: `${id}-rules`,
        filter: (row) => `${row.name} ${row.samples.map(({ text, id: of }) => `${of} ${text}`).join(" ")}`.toLowerCase(),
        filterLabel: "Find a rule, or words of a sample",
        detail: (row) => row.samples.length > 0 ? row.samples.map((sample) => sampleNode(sample, tag)) : el("p", {}, "No samples were kept."),
      }),
    dropped.length > 0 && [
      el("h3", {}, "Some documents that it drops alone"),
      dropped.map((sample) => sampleNode(sample, tag)),
    ]);
}

/** Documents by what became of them under either set. */
function decisions() {
  const fates = ["kept", "cut", "dropped"];
  const row = (from) => el("tr", {}, el("th", { scope: "row" }, `${from} before`), fates.map((to) =>
    el("td", { class: from === to ? "number" : "number other" }, count(differences.decisions[from]?.[to] ?? 0))));
  return el("div", { class: "scroll" }, el("table", { class: "moved" },
    el("caption", {}, "Documents: rows by the old rules, columns by the new"),
    el("thead", {}, el("tr", {}, el("td", {}), fates.map((to) => el("th", { scope: "col", class: "number" }, `${to} now`)))),
    el("tbody", {}, fates.map(row))));
}

function overview() {
  const figure = (label, value, note, of) => el("div", { class: of }, el("dt", {}, label), el("dd", {}, value, note && el("small", {}, note)));
  const { documents, changed, unreadable, removed, restored } = differences;
  return el("div", {},
    el("dl", { class: "figures" },
      figure("Documents", count(documents), bytes(differences.bytes)),
      figure("Come out otherwise", count(changed), percent(changed, documents), "cut"),
      figure("Only the new rules remove", bytes(removed.bytes), counted(removed.spans, "span"), "dropped"),
      figure("Only the old rules removed", bytes(restored.bytes), counted(restored.spans, "span"), "kept")),
    unreadable > 0 && el("p", { class: "notice" }, `${counted(unreadable, "record")} could not be read.`),
    differences.read_differently > 0 && el("p", { class: "notice" },
      `The two sets read ${counted(differences.read_differently, "page")} differently (what HTML hides): there the lines are compared that are kept.`),
    differences.rewritten > 0 && el("p", { class: "notice" },
      `${counted(differences.rewritten, "document")} come out with line breaks of another kind.`),
    decisions());
}

layOut("What other rules change",
  el("p", { class: "faint" }, "Old rules ", el("code", {}, textNodes(oldName)), ", new rules ", el("code", {}, textNodes(newName))),
  [
    { id: "overview", title: "In short", content: overview() },
    { id: "removed", title: "Removed by the new rules alone", content: direction(differences.removed, "del", "removed") },
    { id: "restored", title: "Removed by the old rules alone", content: direction(differences.restored, "ins", "restored") },
  ]);
