// report.html: a run's report, read from the page's data and drawn.

const BY = {
  action: "A rule that removes by itself",
  points: "The points of several rules together",
  context: "Its neighbours: what is around it went",
  heading: "The heading of what went",
  sentences: "All its sentences went",
  layout: "White space left over between what went",
};
const CATEGORY = {
  spam: "Promotion, doorway and keyword text",
  repeats: "Copies within a document or across documents",
  placeholder: "Filler: sample text, generated profiles, unfilled templates",
  links: "Lists of links that are not about the page",
  boilerplate: "Page furniture: notices, calls to share or comment, footers",
  quality: "Limits on what a document must be like",
};
const REASON = {
  "too-large": "The record is larger than the limit",
  "cut-off": "The source ended within the record",
  "invalid-utf8": "Bytes that are no UTF-8",
  "broken-json": "A line that is no JSON",
  "broken-record": "A record that breaks the rules of its format",
  "broken-http": "A response that breaks the rules of HTTP",
  "missing-text": "The field of the text is not there",
  "text-not-string": "The field of the text holds no text",
  "not-text": "Data that is no text, such as an image",
  internal: "A fault of the program",
};

const data = pageData();
const report = data.report;
const totals = report.totals;
const rules = report.rules;
const ruleByName = new Map(rules.map((rule) => [rule.rule, rule]));
const gone = totals.removed.bytes + totals.dropped.bytes;
const signalUnit = (name) => data.signals[name]?.unit ?? "number";
for (const rule of rules) rule.all_bytes = rule.bytes + rule.dropped_bytes;

const store = new SampleStore(rules);
const browser = new SampleBrowser(store, data.samples);

/** Goes to the samples and shows some of them. */
function goToSamples(query) {
  browser.show(query);
  document.getElementById("samples").scrollIntoView();
  browser.list.focus({ preventScroll: true });
}
const samplesButton = (query, label = "See samples") => el("button", { type: "button", class: "no-print", on: { click: () => goToSamples(query) } }, label);

// What the run came to, in words.

function inWords() {
  if (totals.read.documents === 0) return [el("p", { class: "lead" }, "No document was read, so there is nothing to tell.")];
  const b = (text) => el("b", {}, text);
  const all = totals.read.documents;
  const first = [
    "tamis read ", b(counted(all, "document")), ` (${bytes(totals.read.bytes)} of text) from ${counted(totals.sources, "source")}. `,
    b(counted(totals.untouched, "document")), ` (${percent(totals.untouched, all)}) stayed as ${totals.untouched === 1 ? "it was" : "they were"}, `,
    b(counted(totals.removed.documents, "document")), " stayed with something cut out, and ",
    b(counted(totals.dropped.documents, "document")), ` ${totals.dropped.documents === 1 ? "was" : "were"} dropped whole. `,
  ];
  const second = gone === 0 ? ["Nothing was removed."] : [
    b(`${percent(gone, totals.read.bytes)} of the text went`), ` (${bytes(gone)}): ${bytes(totals.removed.bytes)} as pieces cut out of documents that stay, `,
    `${bytes(totals.dropped.bytes)} with the documents that were dropped. `,
  ];
  const most = Object.entries(report.categories).map(([name, of]) => [name, of.bytes]).sort((a, c) => c[1] - a[1])[0];
  const why = most && most[1] > 0 ? [`Of what was cut out, ${percent(most[1], totals.removed.bytes)} was `, b(most[0]), ` (${lowerFirst(CATEGORY[most[0]] ?? "")}). `] : [];
  const lead = [...rules].sort((a, c) => c.all_bytes - a.all_bytes)[0];
  const busiest = lead && lead.all_bytes > 0 ? [`The rule that took away most, ${bytes(lead.all_bytes)}, is `, el("code", {}, lead.rule), ` (${lowerFirst(lead.about.replace(/\.$/, ""))}). `] : [];
  const last = [];
  if (totals.flagged > 0) last.push(`${counted(totals.flagged, "document")} ${totals.flagged === 1 ? "stays and is" : "stay and are"} flagged for a look. `);
  const guarded = totals.guard_dropped + totals.guard_left;
  if (guarded > 0) last.push(`In ${counted(guarded, "document")} so much would have gone that the guard stepped in: ${count(totals.guard_dropped)} dropped, ${count(totals.guard_left)} left as they were. `);
  if (totals.unreadable > 0) last.push(b(counted(totals.unreadable, "record")), " could not be read. ");
  return [el("p", { class: "lead" }, first, second), el("p", { class: "lead" }, why, busiest, last)];
}

const lowerFirst = (text) => text.charAt(0).toLowerCase() + text.slice(1);

function notices() {
  const found = [];
  if (report.unfinished) found.push(el("div", { class: "notice serious", role: "note" }, el("b", {}, "The run was not finished. "), "A limit stopped it; all figures are as of then."));
  if (report.limits?.length > 0) {
    found.push(el("div", { class: `notice ${report.limits.some(({ level }) => level === "stop") ? "serious" : ""}`, role: "note" }, el("b", {}, "Limits were passed."),
      el("ul", {}, report.limits.map((trip) => el("li", {}, limitText(trip))))));
  }
  if (totals.sources_failed > 0) found.push(el("div", { class: "notice serious", role: "note" }, `${counted(totals.sources_failed, "source")} could not be read to the end: see `, el("a", { href: "#sources" }, "Sources"), "."));
  return found;
}

function limitText({ level, limit, rule, of, value, bound }) {
  const what = {
    "dropped-documents": "of the documents were dropped",
    "removed-bytes": "of the text was removed",
    "unreadable-records": "of the records could not be read",
    "rule-dropped-documents": `of the documents were dropped by ${rule}`,
    "rule-removed-bytes": `of the text was removed by ${rule}`,
    difference: `away from the report compared with: ${of ?? ""}${rule ? ` of ${rule}` : ""}`,
  }[limit] ?? limit;
  return `${figures.format(100 * value)} % ${what}; the limit (${level}) is ${figures.format(100 * bound)} %`;
}

function overview() {
  const tile = (name, label, value, note) => el("div", { class: name }, el("dt", {}, label), el("dd", {}, value, el("small", {}, note)));
  const all = totals.read.documents;
  const passed = totals.passed_over + totals.blank_lines;
  return [
    notices(), inWords(),
    stackedBar([
      { label: "Kept", value: totals.kept.bytes, name: "kept" },
      { label: "Cut out", value: totals.removed.bytes, name: "cut" },
      { label: "Dropped", value: totals.dropped.bytes, name: "dropped" },
    ], totals.read.bytes, bytes),
    el("dl", { class: "figures" },
      tile("", "Documents read", count(all), bytes(totals.read.bytes)),
      tile("kept", "Kept as they were", count(totals.untouched), percent(totals.untouched, all)),
      tile("cut", "Kept, with cuts", count(totals.removed.documents), `${percent(totals.removed.documents, all)}, ${bytes(totals.removed.bytes)} cut`),
      tile("dropped", "Dropped", count(totals.dropped.documents), `${percent(totals.dropped.documents, all)}, ${bytes(totals.dropped.bytes)}`),
      tile("", "Flagged", count(totals.flagged), "stay, and are worth a look"),
      tile("", "Unreadable records", count(totals.unreadable), passed > 0 ? `${count(passed)} passed over` : "kept aside")),
  ];
}

function categories() {
  const rows = Object.entries(report.categories).map(([name, of]) => ({ name, ...of }));
  const most = Math.max(...rows.map((row) => row.bytes), 1);
  return [
    el("p", {}, "Every removal counts under one category, the one with the strongest evidence."),
    table([
      { label: "Category", name: true, value: (row) => row.name, cell: (row) => [row.name, el("div", { class: "small faint" }, CATEGORY[row.name] ?? "")] },
      { label: "Cut out", number: true, value: (row) => row.removals, cell: (row) => count(row.removals), note: "Pieces cut out of documents that stay" },
      { label: "Bytes", number: true, value: (row) => row.bytes, cell: (row) => bytes(row.bytes) },
      { label: "Of all cuts", value: (row) => row.bytes, cell: (row) => [cellBar([[row.bytes / most, "cut"]]), el("span", { class: "small" }, percent(row.bytes, totals.removed.bytes))] },
      { label: "Documents", number: true, value: (row) => row.documents, cell: (row) => count(row.documents), note: "Documents with such a cut" },
      { label: "Dropped", number: true, value: (row) => row.dropped, cell: (row) => count(row.dropped), note: "Documents dropped for it" },
      { label: "Flagged", number: true, value: (row) => row.flagged, cell: (row) => count(row.flagged), note: "Documents that stay and are flagged for it" },
    ], rows, { caption: "What went, by category", sort: 2, id: "category-table" }),
    Object.keys(report.decided_by).length > 0 ? [
      el("h3", {}, "Who decided"),
      table([
        { label: "What settled it", name: true, value: (row) => row.by, cell: (row) => BY[row.by] ?? row.by },
        { label: "Pieces", number: true, value: (row) => row.number, cell: (row) => count(row.number) },
      ], Object.entries(report.decided_by).map(([by, number]) => ({ by, number })), { caption: "Pieces cut out, by what settled that they go", sort: 1 }),
    ] : null,
  ];
}

// Rules.

function ruleDetail(rule) {
  const pairs = (rule.overlap ?? []).map(([name, targets]) => el("li", {}, el("code", {}, name), ` ${counted(targets, "target")} (${percent(targets, rule.hits)})`));
  const asked = (rule.thresholds ?? []).map(({ address, bound, signal, value }) =>
    el("li", {}, el("code", {}, address), " ", signal ? [el("code", {}, signal), ` ${BOUNDS[bound]?.[0] ?? bound} `] : "matches at least ", el("b", {}, valueOf(value)),
      signal && report.signals[signal]?.[rule.scope] ? [" ", el("a", { href: `#${chartId(signal, rule.scope)}` }, "distribution")] : null));
  return el("div", {},
    el("p", {}, sentence(rule.about), " ", rule.why ? el("span", { class: "faint" }, rule.why) : null),
    el("div", { class: "detail-grid" },
      el("div", {}, asked.length > 0 ? [el("b", {}, "Its numbers"), el("ul", {}, asked)] : el("p", { class: "faint" }, "It asks for no numbers."),
        rule.undefined + rule.skipped > 0 ? el("p", { class: "small faint" }, `Not held against ${counted(rule.undefined, "target")} (a value was undefined, or its group was outweighed) and ${count(rule.skipped)} of another language.`) : null),
      el("div", {}, pairs.length > 0 ? [el("b", {}, "Hit together with"), el("ul", {}, pairs)] : el("p", { class: "faint" }, "No other rule hit its targets."))),
    el("div", { class: "controls no-print" }, samplesButton({ rule: rule.rule }), samplesButton({ rule: rule.rule, kind: "near-miss", order: "near" }, "What it just missed")));
}

function ruleTable(timings) {
  const shareOf = new Map((timings?.rules ?? []).map((one) => [one.rule, one]));
  const most = Math.max(...rules.map((rule) => rule.all_bytes), 1);
  const withHits = el("input", { type: "checkbox", id: "rules-silent" });
  const columns = [
    { label: "Rule", name: true, value: (rule) => rule.rule, below: (rule) => el("div", { class: "small faint" }, `${rule.scope}, ${rule.effect} `, rule.preview ? el("span", { class: "tag" }, "preview") : null) },
    { label: "Category", value: (rule) => rule.category },
    { label: "Documents", number: true, value: (rule) => rule.documents, cell: (rule) => count(rule.documents), note: "Documents with a hit" },
    { label: "Hits", number: true, value: (rule) => rule.hits, cell: (rule) => count(rule.hits) },
    { label: "Acted", number: true, value: (rule) => rule.acted, cell: (rule) => count(rule.acted), note: "Hits on what rules removed, cut or dropped" },
    { label: "Alone", number: true, value: (rule) => rule.decided_alone, cell: (rule) => count(rule.decided_alone), note: "Of these, hits that no other rule shared: without it the target had stayed" },
    { label: "Cut", number: true, value: (rule) => rule.bytes, cell: (rule) => bytes(rule.bytes), note: "Text cut out where it led" },
    { label: "Dropped", number: true, value: (rule) => rule.dropped, cell: (rule) => (rule.dropped > 0 ? count(rule.dropped) : "–"), note: "Documents dropped where it led" },
    { label: "Text removed", value: (rule) => rule.all_bytes, number: true, note: "Text cut out or dropped where it led",
      cell: (rule) => [cellBar([[rule.bytes / most, "cut"], [rule.dropped_bytes / most, "dropped"]]), el("span", { class: "small" }, percent(rule.all_bytes, totals.read.bytes))] },
  ];
  if (timings) {
    columns.push({ label: "Time", number: true, value: (rule) => shareOf.get(rule.rule)?.nanoseconds ?? 0, note: "Share of the time of all rules",
      cell: (rule) => { const of = shareOf.get(rule.rule); return of ? [percent(of.share, 1), el("div", { class: "small faint" }, time(of.nanoseconds))] : "–"; } });
  }
  const block = table(columns, rules, {
    caption: "Rules in force. A name opens what the rule asks and what it hits together with.", sort: 8, first: 30, id: "rule-table",
    keep: (rule) => withHits.checked || rule.hits > 0, detail: ruleDetail, filterLabel: "Find a rule",
    filter: (rule) => `${rule.rule} ${rule.category} ${rule.scope} ${rule.effect} ${rule.about}`.toLowerCase(),
    beside: el("label", { class: "check" }, withHits, `Also the ${count(rules.filter(({ hits }) => hits === 0).length)} without a hit`),
  });
  withHits.addEventListener("change", () => block.arrange());
  return block;
}

function rulesSection() {
  const place = el("div", {}, ruleTable(null));
  const note = el("p", { class: "small faint" }, data.timings ? "" : "What rules cost in time was not measured: tamis clean --timings does.");
  return { content: [el("p", {}, "A rule that ", el("b", {}, "acted"), " hit something that was removed; it decided ", el("b", {}, "alone"), " where no other rule hit the same. A rule with many hits and few decisions of its own could go without much change."), place, note],
    timed(timings) {
      place.replaceChildren(ruleTable(timings));
      note.textContent = `Time was taken on one document in ${count(timings.one_document_in)}: ${counted(timings.documents, "document")}, ${bytes(timings.bytes)}. A signal that several rules ask for counts for the rule that asks first.`;
    } };
}

function overlaps() {
  const busy = [...new Set((report.overlaps ?? []).flatMap(({ rules: pair }) => pair))].map((name) => ruleByName.get(name)).filter(Boolean);
  busy.sort((a, c) => c.all_bytes - a.all_bytes);
  if (busy.length < 2) return null;
  return [el("p", {}, "The busiest rules. Two that hit the same targets again and again say the same thing twice: their points add up, and one of them may be enough."), overlapMatrix(busy, report.overlaps)];
}

function worthALook() {
  const list = (title, about, names, open) => names.length === 0 ? null : el("details", { open },
    el("summary", {}, `${title}: ${count(names.length)}`), el("p", { class: "small faint" }, about), el("ul", { class: "names" }, names.map((name) => el("li", { title: ruleByName.get(name)?.about }, el("code", {}, name)))));
  const found = [
    list("Fired on nearly every document", "In nine documents of ten or more. The texts may be of another kind than the rule was written for.", report.nearly_always_fired, true),
    list("Never fired", "Perhaps for another kind of text, perhaps wrong, perhaps not needed here.", report.never_fired, report.never_fired.length <= 30),
    list("Off without a survey", "They ask what is copied across documents; tamis survey counts that first.", report.off_without_survey ?? [], false),
  ].filter(Boolean);
  return found.length > 0 ? found : [el("p", { class: "faint" }, "Every rule fired somewhere, and none nearly everywhere.")];
}

// Signals.

const chartId = (signal, scope) => `signal-${signal}-${scope}`;

function signals() {
  const asked = new Map();
  for (const rule of rules) {
    for (const { signal, bound, value } of rule.thresholds ?? []) {
      if (!signal || !report.signals[signal]?.[rule.scope]) continue;
      const key = `${signal} ${rule.scope}`;
      if (!asked.has(key)) asked.set(key, { signal, scope: rule.scope, marks: new Map(), weight: 0 });
      const chart = asked.get(key);
      const mark = `${bound} ${value}`;
      if (!chart.marks.has(mark)) chart.marks.set(mark, { bound, value, rules: [] });
      chart.marks.get(mark).rules.push(rule.rule);
      chart.weight = Math.max(chart.weight, rule.all_bytes);
    }
  }
  const charts = [...asked.values()].sort((a, c) => c.weight - a.weight || (a.signal < c.signal ? -1 : 1));
  const rows = Object.entries(report.signals).flatMap(([signal, scopes]) => Object.entries(scopes).map(([scope, of]) => ({ signal, scope, ...of })));
  if (rows.length === 0) return null;
  const drawn = charts.map((chart) => {
    const figure = el("figure", { id: chartId(chart.signal, chart.scope) });
    return { figure, chart, found: `${chart.signal} ${chart.scope} ${[...chart.marks.values()].flatMap((mark) => mark.rules).join(" ")}`.toLowerCase(), draw: () => figure.append(...signalFigure(chart)) };
  });
  // Each takes a millisecond: all together they would hold up the page.
  inSteps(drawn.length, (n) => drawn[n].draw());
  const search = el("input", { type: "search", id: "signal-search", autocomplete: "off", spellcheck: "false" });
  const status = el("span", { class: "small faint", role: "status" });
  search.addEventListener("input", debounced(() => {
    const words = wordsOf(search.value);
    let shown = 0;
    for (const { figure, found } of drawn) {
      figure.hidden = !words.every((word) => found.includes(word));
      shown += figure.hidden ? 0 : 1;
    }
    status.textContent = `${count(shown)} of ${counted(drawn.length, "chart")}`;
  }));
  const number = (label, key, note) => ({ label, number: true, note, value: (row) => row[key], cell: (row) => valueOf(row[key]) });
  return [
    el("p", {}, "How the values that rules ask for are spread, and where the thresholds stand. A threshold in a valley is safe; one on a slope takes a little more or less of everything. Heights are square roots of counts, so that few are seen beside many; values of 0 stand by themselves at the left. An arrow points to the values that hold."),
    el("div", { class: "controls no-print" }, field("Find a signal or rule", search), status),
    el("div", { class: "spreads" }, drawn.map(({ figure }) => figure)),
    el("details", { class: "quantiles" }, el("summary", {}, "All values as a table"),
      table([
        { label: "Signal", name: true, value: (row) => row.signal, cell: (row) => [row.signal, el("div", { class: "small faint" }, data.signals[row.signal]?.about ?? "")] },
        { label: "Scope", value: (row) => row.scope },
        { label: "Values", number: true, value: (row) => row.count, cell: (row) => count(row.count) },
        number("Least", "min"), number("5 %", "p05", "5 % lie below"), number("25 %", "p25"), number("Half", "p50", "Half lie below"),
        number("75 %", "p75"), number("95 %", "p95"), number("99 %", "p99"), number("Greatest", "max"),
      ], rows, { caption: "Quantiles, within 2.2 %; taken on a sample of the documents", up: true, filter: (row) => `${row.signal} ${row.scope}`.toLowerCase(), filterLabel: "Find a signal" })),
  ];
}

function signalFigure({ signal, scope, marks }) {
  const quantiles = report.signals[signal][scope];
  const sorted = [...marks.values()].sort((a, c) => a.value - c.value);
  const lettered = sorted.map((mark, n) => ({ ...mark, letter: n < 26 ? String.fromCharCode(97 + n) : String(n + 1) }));
  const names = (list) => el("span", {}, list.slice(0, 3).join(", "), list.length > 3 ? el("span", { class: "faint", title: list.slice(3).join(", ") }, ` and ${count(list.length - 3)} more`) : null);
  return [
    el("h3", {}, signal, el("span", { class: "faint" }, ` of a ${scope}`)),
    el("p", { class: "small faint" }, sentence(data.signals[signal]?.about ?? ""), ` ${counted(quantiles.count, "value")}.`),
    spreadChart(`${signal} of a ${scope}`, quantiles, signalUnit(signal), lettered),
    el("figcaption", {}, el("ul", {}, lettered.map(({ letter, bound, value, rules: of }) => {
      const holds = holding(signalUnit(signal) === "count" ? wholeBins(quantiles.bins ?? []) : (quantiles.bins ?? []), { bound, value });
      return el("li", {}, el("b", {}, letter), el("span", {}, `${BOUNDS[bound]?.[0] ?? bound} `, el("b", {}, valueOf(value)), holds === null ? " " : ` (${percent(holds, quantiles.count)}) `, el("span", { class: "faint" }, names(of))));
    }))),
  ];
}

// Hosts, languages, sources.

const groupColumns = (label, note) => [
  { label, name: true, note, value: (row) => row.name, cell: (row) => [el("bdi", {}, textNodes(row.name)), row.error ? el("div", { class: "small" }, "Stopped early: ", textNodes(row.error)) : null] },
  { label: "Documents", number: true, value: (row) => row.documents, cell: (row) => count(row.documents) },
  { label: "Kept", number: true, value: (row) => row.kept, cell: (row) => count(row.kept), note: "As they were" },
  { label: "Cut", number: true, value: (row) => row.cut, cell: (row) => count(row.cut), note: "Kept, with something cut out" },
  { label: "Dropped", number: true, value: (row) => row.dropped, cell: (row) => count(row.dropped) },
  { label: "Text", number: true, value: (row) => row.bytes, cell: (row) => bytes(row.bytes) },
  { label: "Removed", number: true, value: (row) => row.removed_bytes, cell: (row) => bytes(row.removed_bytes), note: "Text cut out or dropped" },
  { label: "Share removed", number: true, value: (row) => (row.bytes > 0 ? row.removed_bytes / row.bytes : 0),
    cell: (row) => [cellBar([[row.bytes > 0 ? row.removed_bytes / row.bytes : 0, "dropped"]]), el("span", { class: "small" }, percent(row.removed_bytes, row.bytes))] },
];
const groupRows = (amounts) => Object.entries(amounts).map(([name, of]) => ({ name, documents: of.kept + of.cut + of.dropped, ...of }));

function groups(of, label, caption, none) {
  const rows = groupRows(of?.amounts ?? {});
  if (rows.length === 0) return [el("p", { class: "faint" }, none)];
  const only = rows.length === 1 && rows[0].name === "no address";
  if (only) return [el("p", { class: "faint" }, none)];
  return [
    of.complete ? null : el("p", { class: "notice" }, `A sample: ${counted(rows.length, "name")} of about ${count(of.estimated)}, drawn evenly, each with exact figures. The largest need not be among them.`),
    table(groupColumns(label), rows, { caption, sort: 1, first: 15, filter: (row) => row.name.toLowerCase(), filterLabel: `Find a ${label.toLowerCase()}`, id: `${label.toLowerCase()}-table` }),
  ];
}

function sources() {
  const rows = groupRows(report.sources);
  const columns = groupColumns("Source");
  columns.splice(5, 0, { label: "Unreadable", number: true, value: (row) => row.unreadable, cell: (row) => count(row.unreadable) });
  return [
    data.sources > rows.length ? el("p", { class: "notice" }, `${count(rows.length)} of ${counted(data.sources, "source")}: those with an error, then the largest. report.json has them all.`) : null,
    table(columns, rows, { caption: "Files and streams that were read", sort: 6, first: 15, filter: (row) => row.name.toLowerCase(), filterLabel: "Find a source", id: "source-table" }),
    report.survey ? el("p", { class: "small" }, `Copies across documents were told by the survey `, el("bdi", {}, textNodes(report.survey.path)), `, which counts ${counted(report.survey.documents, "document")}; ${count(report.survey.known_sources)} of the sources are in it.`) : null,
    el("h3", {}, "Character sets"),
    table([
      { label: "Character set", name: true, value: (row) => row.name },
      { label: "Documents", number: true, value: (row) => row.number, cell: (row) => count(row.number) },
    ], Object.entries(report.charsets).map(([name, number]) => ({ name, number })), { caption: "Documents by the character set they came in", sort: 1, first: 12 }),
  ];
}

function unreadable() {
  const rows = Object.entries(report.unreadable).map(([reason, of]) => ({ reason, ...of }));
  if (rows.length === 0) return [el("p", { class: "faint" }, "Every record could be read.")];
  return [
    el("p", {}, "What cannot be read is not lost: it is kept aside as it came, and tamis restore gives it back."),
    table([
      { label: "Reason", name: true, value: (row) => row.reason, cell: (row) => [REASON[row.reason] ?? row.reason, " ", el("code", { class: "faint" }, row.reason)] },
      { label: "Records", number: true, value: (row) => row.records, cell: (row) => count(row.records) },
      { label: "Bytes", number: true, value: (row) => row.bytes, cell: (row) => bytes(row.bytes) },
    ], rows, { caption: "Records that could not be read", sort: 1 }),
    samplesButton({ kind: "unreadable" }),
  ];
}

// Near the thresholds.

function nearThresholds() {
  const place = el("div", { class: "pairs" });
  const about = el("p", { class: "small faint" });
  const nearBy = new Map();
  const pick = choice("Rule", [["", "…"]], () => draw());
  pick.select.id = "near-rule";
  const element = el("div", {}, el("p", {}, "The samples on which a rule fired by the least, and those that it missed by the least. If those on the left look good, the threshold is too lax; if those on the right are junk, it is too strict."),
    el("div", { class: "controls" }, pick.field), about, place);
  function draw() {
    const rule = ruleByName.get(pick.select.value);
    if (!rule) return;
    const { hits, misses } = nearBy.get(rule.rule);
    about.textContent = sentence(rule.about);
    const side = (title, list, kind) => el("div", {}, el("h3", {}, title),
      list.length === 0 ? el("p", { class: "faint small" }, "None was near.") : list.slice(0, 8).map((entry) => [
        el("p", { class: "margin" }, marginText(entry.sample), el("span", { class: "faint" }, `; ${fateShort(entry)}`)),
        el("blockquote", { class: "text", dir: "auto" }, sampleText(entry))]),
      list.length > 8 ? samplesButton({ rule: rule.rule, kind, order: "near" }, `All ${count(list.length)}`) : null);
    place.replaceChildren(side("Just fired", hits, "near-hit"), side("Just did not", misses, "near-miss"));
  }
  const fateShort = ({ sample }) => ({ removed: "the text was cut out", dropped: "the document was dropped", stays: "the text stays" })[sample.fate ?? "stays"];
  return { content: element,
    fill() {
      for (const entry of store.all) {
        if (entry.kind !== "near-hit" && entry.kind !== "near-miss") continue;
        if (!nearBy.has(entry.rule.rule)) nearBy.set(entry.rule.rule, { hits: [], misses: [] });
        nearBy.get(entry.rule.rule)[entry.kind === "near-hit" ? "hits" : "misses"].push(entry);
      }
      const names = rules.map(({ rule }) => rule).filter((rule) => nearBy.has(rule));
      if (names.length === 0) return element.replaceChildren(el("p", { class: "faint" }, "No rule decided within a fifth of its bound."));
      const both = names.filter((name) => nearBy.get(name).hits.length > 0 && nearBy.get(name).misses.length > 0);
      const option = (name) => el("option", { value: name }, name);
      pick.select.replaceChildren(el("optgroup", { label: "Samples on both sides" }, both.map(option)), el("optgroup", { label: "Samples on one side" }, names.filter((name) => !both.includes(name)).map(option)));
      pick.select.value = both[0] ?? names[0];
      draw();
    } };
}

// All of it.

const ruleSection = rulesSection();
const nearSection = nearThresholds();
layOut("What was cleaned, and why", [
  el("p", { class: "small faint" }, `tamis ${report.version}`, data.asked.length > 0 ? [", rules ", el("bdi", {}, textNodes(data.asked.join(", ")))] : null, ", rules hash ", el("code", {}, report.rules_hash)),
], [
  { id: "overview", title: "In short", content: overview() },
  { id: "categories", title: "What went", content: categories() },
  { id: "rules", title: "Rules", content: ruleSection.content },
  { id: "overlap", title: "Rules that fire together", content: overlaps() },
  { id: "samples", title: "Samples", content: browser.element },
  { id: "near", title: "Near the thresholds", content: nearSection.content },
  { id: "signals", title: "Distributions", content: signals() },
  { id: "look", title: "Silent and loud rules", content: worthALook() },
  { id: "languages", title: "Languages", content: groups(report.by_language, "Language", "Documents by language", "The report does not say what became of documents by language.") },
  { id: "hosts", title: "Hosts", content: groups(report.by_host, "Host", "Documents by registered domain", "No record gave an address. For JSON Lines and tables, --url-field names the field that holds it.") },
  { id: "sources", title: "Sources", content: sources() },
  { id: "unreadable", title: "Unreadable records", content: unreadable() },
]);

/** Reads the parts that follow, one after another; each is let go when it was read. */
async function readParts() {
  for (const part of document.querySelectorAll("script.data-part")) {
    const { timings, samples } = JSON.parse(part.textContent);
    part.remove();
    if (timings) ruleSection.timed(timings);
    if (samples) await inSteps(samples.length, (n) => store.take(samples[n]));
    // The first are seen at once.
    if (samples && store.all.length === samples.length) browser.refresh();
    await pause();
  }
  nearSection.fill();
  await browser.refresh();
  document.documentElement.dataset.ready = "true";
}

// The script stands before the parts.
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", readParts);
else readParts();
