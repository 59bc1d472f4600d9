// Samples of text: a list that is drawn only where it is seen, and one sample in full beside it.

/** What samples are of, as the page names it. */
const KINDS = [
  ["", "All samples"],
  ["removed", "Cut out"],
  ["dropped", "Documents dropped"],
  ["stays", "Hit, but stays"],
  ["near-hit", "Fired by little"],
  ["near-miss", "Missed by little"],
  ["unreadable", "Could not be read"],
];
const kindName = new Map(KINDS);

/** Height of a line of the list, in pixels; as in the style. */
const ROW = 84;
/** Greatest height of the list's inside: browsers know none that are much higher. */
const MOST_HEIGHT = 8_000_000;
/** Samples on paper. */
const PRINTED = 24;

/** All samples of the page with what they can be found by. */
class SampleStore {
  constructor(rules) {
    this.rules = rules;
    this.all = [];
    this.found = [];
  }

  take(sample) {
    const rule = sample.rule === undefined ? undefined : this.rules[sample.rule];
    const kind = sample.of === "hit" ? (sample.fate ?? "stays") : sample.of;
    const entry = { sample, rule, kind };
    const place = `${sample.source} ${sample.id}`;
    this.all.push(entry);
    this.found.push({
      text: `${sample.before}${sample.text}${sample.after}`.toLowerCase(),
      place: place.toLowerCase(),
    });
  }

  /** The numbers of the samples that are wanted, in order; `null` where another search came between. */
  async search({ words, rule, category, kind, place, order }, goesOn) {
    const wanted = [];
    const done = await inSteps(this.all.length, (n) => {
      const { rule: of, kind: own } = this.all[n];
      if (kind && own !== kind) return;
      if (rule && of?.rule !== rule) return;
      if (category && of?.category !== category) return;
      const found = this.found[n];
      if (place && !found.place.includes(place)) return;
      if (words.every((word) => found.text.includes(word))) wanted.push(n);
    }, goesOn);
    if (!done) return null;
    if (order === "near") {
      const margin = (n) => Math.abs(this.all[n].sample.margin ?? Infinity);
      wanted.sort((a, b) => (margin(a) === margin(b) ? a - b : margin(a) - margin(b)));
    } else if (order === "long") {
      const length = (n) => this.all[n].sample.end - this.all[n].sample.start;
      wanted.sort((a, b) => length(b) - length(a) || a - b);
    }
    return wanted;
  }
}

/** A context with what was cut out of it marked. */
function contextNodes(text, cuts, words, isGone) {
  if (isGone) return [el("del", { class: "other" }, markedNodes(text, words))];
  if (!cuts || cuts.length === 0) return markedNodes(text, words);
  const characters = Array.from(text);
  const nodes = [];
  let from = 0;
  for (const [start, end] of cuts) {
    nodes.push(...markedNodes(characters.slice(from, start).join(""), words));
    nodes.push(el("del", { class: "other" }, markedNodes(characters.slice(start, end).join(""), words)));
    from = end;
  }
  nodes.push(...markedNodes(characters.slice(from).join(""), words));
  return nodes;
}

/** A sample in its context, with what was removed marked. */
function sampleText({ sample, kind }, words = []) {
  if (kind === "unreadable") return markedNodes(sample.text, words);
  const gone = (sample.fate ?? "stays") !== "stays";
  const text = el(gone ? "del" : "span", gone ? {} : { class: "hit" }, markedNodes(sample.text, words));
  const dropped = sample.fate === "dropped";
  return [contextNodes(sample.before, sample.cut_before, words, dropped), text, contextNodes(sample.after, sample.cut_after, words, dropped)];
}

/** How near to its bound a sample was. */
function marginText({ margin, bound }) {
  const away = Math.abs(margin ?? 0) < 0.0005 ? "right at" : `${percent(Math.abs(margin), 1)} from`;
  return `${away} ${bound ?? "its bound"}`;
}

/** What became of a sample, in words. */
function fateOf({ sample, kind }) {
  const fate = { removed: "was cut out", dropped: "went with its document", stays: "stays" }[sample.fate ?? "stays"];
  if (kind === "unreadable") return sample.before;
  if (kind === "near-hit") return `The rule fired, ${marginText(sample)}. The text ${fate}.`;
  if (kind === "near-miss") return `The rule did not fire, ${marginText(sample)}. The text ${fate}${fate === "stays" ? "" : ", by other rules"}.`;
  if (kind === "stays") return "The rule hit here, and the text stays: its points were not enough, or other rules outweighed it.";
  return `The text ${fate}.`;
}

/** The browser of samples. */
class SampleBrowser {
  constructor(store, total) {
    this.store = store;
    this.total = total;
    this.shown = [];
    this.selected = 0;
    this.query = { words: [], rule: "", category: "", kind: "", place: "", order: "rule" };
    this.turn = 0;
    this.drawn = new Map();
    this.build();
  }

  build() {
    const changed = () => this.refresh();
    const soon = debounced(changed);
    this.text = el("input", { type: "search", id: "sample-text", autocomplete: "off", spellcheck: "false", on: { input: soon } });
    this.place = el("input", { type: "search", id: "sample-place", autocomplete: "off", spellcheck: "false", on: { input: soon } });
    const categories = [...new Set(this.store.rules.map(({ category }) => category))].sort();
    const sampled = this.store.rules.filter(({ hits }) => hits > 0).map(({ rule }) => rule).sort();
    const others = this.store.rules.filter(({ hits }) => hits === 0).map(({ rule }) => rule).sort();
    const named = (names) => names.map((name) => [name, name]);
    this.rule = choice("Rule", [["", "All rules"], { label: "Rules with hits", options: named(sampled) }, { label: "Rules without", options: named(others) }], changed);
    this.category = choice("Category", [["", "All categories"], ...named(categories)], changed);
    this.kind = choice("What", KINDS, changed);
    this.order = choice("Order", [["rule", "Rule that removed most first"], ["near", "Nearest to a threshold first"], ["long", "Longest first"]], changed);
    this.rule.select.id = "sample-rule";
    this.kind.select.id = "sample-kind";
    this.status = el("p", { role: "status", id: "sample-status", class: "small faint" });
    this.inside = el("div", { class: "inside", role: "presentation" });
    this.list = el("div", { class: "list no-print", id: "sample-list", role: "listbox", tabindex: "0", "aria-label": "Samples",
      on: { scroll: () => this.later(), keydown: (event) => this.key(event), click: (event) => this.click(event) } }, this.inside);
    this.detail = el("div", { class: "sample no-print", id: "sample-detail", "aria-live": "polite", role: "region", "aria-label": "The chosen sample" });
    this.paper = el("div", { class: "paper" });
    this.element = el("div", { class: "samples" },
      el("div", { class: "controls no-print" }, field("Words in the text", this.text), this.rule.field, this.category.field, this.kind.field,
        field("Source or id", this.place), this.order.field,
        el("button", { type: "button", on: { click: () => this.show({}) } }, "Clear")),
      this.status, el("div", { class: "halves" }, this.list, this.detail), this.paper);
    new ResizeObserver(() => this.later()).observe(this.list);
    addEventListener("beforeprint", () => this.print());
    addEventListener("afterprint", () => this.paper.replaceChildren());
  }

  /** Sets what is looked for: `{ words, rule, category, kind, place, order }`. */
  show({ words = "", rule = "", category = "", kind = "", place = "", order = "rule" }) {
    this.text.value = words;
    this.place.value = place;
    for (const [own, value] of [[this.rule, rule], [this.category, category], [this.kind, kind], [this.order, order]]) own.select.value = value;
    return this.refresh();
  }

  async refresh() {
    const turn = ++this.turn;
    this.query = {
      words: wordsOf(this.text.value), rule: this.rule.select.value, category: this.category.select.value,
      kind: this.kind.select.value, place: this.place.value.trim().toLowerCase(), order: this.order.select.value,
    };
    const found = await this.store.search(this.query, () => turn === this.turn);
    if (found === null) return;
    this.shown = found;
    this.list.scrollTop = 0;
    this.inside.style.height = `${Math.min(MOST_HEIGHT, found.length * ROW)}px`;
    this.redraw();
    this.select(0, false);
    const missing = this.total - this.store.all.length;
    this.status.textContent = `${count(found.length)} of ${counted(this.total, "sample")}${missing > 0 ? `, ${count(missing)} still being read` : ""}`;
  }

  redraw() {
    for (const line of this.drawn.values()) line.remove();
    this.drawn.clear();
    this.draw();
  }

  later() {
    if (this.due) return;
    this.due = true;
    requestAnimationFrame(() => {
      this.due = false;
      this.draw();
    });
  }

  /** How far down the list stands, in pixels of a list that is as high as it likes. */
  top() {
    const [high, view] = [this.shown.length * ROW, this.list.clientHeight];
    const { scrollTop } = this.list;
    return high <= MOST_HEIGHT ? scrollTop : (scrollTop * (high - view)) / (MOST_HEIGHT - view);
  }

  draw() {
    const [top, view] = [this.top(), this.list.clientHeight];
    const shift = this.list.scrollTop - top;
    const from = Math.max(0, Math.floor(top / ROW) - 4);
    const to = Math.min(this.shown.length, Math.ceil((top + view) / ROW) + 4);
    for (const [n, line] of this.drawn) {
      if (n < from || n >= to) {
        line.remove();
        this.drawn.delete(n);
      }
    }
    for (let n = from; n < to; n++) {
      let line = this.drawn.get(n);
      if (!line) {
        line = this.line(n);
        this.drawn.set(n, line);
        this.inside.append(line);
      }
      line.style.transform = `translateY(${n * ROW + shift}px)`;
      line.setAttribute("aria-selected", n === this.selected ? "true" : "false");
    }
    if (this.drawn.has(this.selected)) this.list.setAttribute("aria-activedescendant", `sample-${this.selected}`);
    else this.list.removeAttribute("aria-activedescendant");
  }

  line(n) {
    const entry = this.store.all[this.shown[n]];
    const { sample, rule, kind } = entry;
    // Of a long context only what stands beside the hit has room here.
    const near = { ...sample, before: tail(sample.before, 30), cut_before: shifted(sample.cut_before, sample.before, 30), text: sample.text.slice(0, 400) };
    return el("div", { class: "line", role: "option", id: `sample-${n}`, "aria-setsize": this.shown.length, "aria-posinset": n + 1, "data-n": n },
      el("div", { class: "about" }, el("b", {}, rule?.rule ?? sample.reason), el("span", { class: "faint" }, kindName.get(kind)),
        el("span", { class: "faint where" }, textNodes(sample.id))),
      el("div", { class: "text", dir: "auto" }, sampleText({ sample: near, kind }, this.query.words)));
  }

  click(event) {
    const line = event.target.closest(".line");
    if (line) this.select(Number(line.dataset.n), false);
  }

  key(event) {
    const page = Math.max(1, Math.floor(this.list.clientHeight / ROW) - 1);
    const to = { ArrowDown: this.selected + 1, ArrowUp: this.selected - 1, PageDown: this.selected + page, PageUp: this.selected - page, Home: 0, End: this.shown.length - 1 }[event.key];
    if (to === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.select(to, true);
  }

  select(n, follow) {
    this.selected = Math.max(0, Math.min(this.shown.length - 1, n));
    if (follow) {
      const [high, view] = [this.shown.length * ROW, this.list.clientHeight];
      const top = this.top();
      let wanted = top;
      if (this.selected * ROW < top) wanted = this.selected * ROW;
      if ((this.selected + 1) * ROW > top + view) wanted = (this.selected + 1) * ROW - view;
      if (wanted !== top) this.list.scrollTop = high <= MOST_HEIGHT ? wanted : (wanted * (MOST_HEIGHT - view)) / (high - view);
    }
    this.draw();
    this.drawDetail();
  }

  drawDetail() {
    if (this.shown.length === 0) {
      this.detail.replaceChildren(el("p", { class: "faint" }, this.store.all.length === 0 ? "There are no samples." : "No sample is like that."));
      return;
    }
    const entry = this.store.all[this.shown[this.selected]];
    const step = (by, name) => el("button", { type: "button", disabled: this.selected + by < 0 || this.selected + by >= this.shown.length,
      on: { click: () => { this.select(this.selected + by, true); this.detail.querySelector(`.${name}`)?.focus(); } }, class: name }, by < 0 ? "Previous" : "Next");
    const only = entry.rule && this.query.rule !== entry.rule.rule
      ? el("button", { type: "button", on: { click: () => this.show({ rule: entry.rule.rule, kind: this.query.kind }) } }, "Only this rule") : null;
    this.detail.replaceChildren(
      el("div", { class: "controls" }, step(-1, "back"), step(1, "on"), only, el("span", { class: "faint small" }, `${count(this.selected + 1)} of ${count(this.shown.length)}`)),
      ...sampleCard(entry, this.query.words));
  }

  /** On paper some samples stand in full: the first of each rule, then more. */
  print() {
    const seen = new Map();
    const turn = (n) => {
      const name = this.store.all[n].rule?.rule ?? "";
      seen.set(name, (seen.get(name) ?? 0) + 1);
      return seen.get(name);
    };
    const some = this.shown.slice(0, 5_000).map((n) => [turn(n), n]).sort((a, b) => a[0] - b[0]).slice(0, PRINTED);
    const cards = some.map(([, n]) => el("article", {}, sampleCard(this.store.all[n], [])));
    const rest = this.shown.length - cards.length;
    this.paper.replaceChildren(...cards, el("p", {}, rest > 0 ? `${count(cards.length)} of ${count(this.shown.length)}; the page itself shows them all.` : ""));
  }
}

const tail = (text, most) => {
  const characters = Array.from(text);
  return characters.length > most ? `…${characters.slice(-most).join("")}` : text;
};

/** Places of cuts in the tail of a text. */
function shifted(cuts, text, most) {
  const over = Array.from(text).length - most;
  if (!cuts || over <= 0) return cuts;
  return cuts.map(([start, end]) => [Math.max(0, start - over + 1), end - over + 1]).filter(([start, end]) => end > Math.max(start, 1));
}

/** One sample in full. */
function sampleCard(entry, words) {
  const { sample, rule, kind } = entry;
  const lengths = `${bytes(sample.end - sample.start)}${kind === "unreadable" ? "" : ` from byte ${count(sample.start)}`}`;
  const asked = (rule?.thresholds ?? []).map(({ address, signal, value }) => el("li", {}, el("code", {}, `${signal ? `${signal}, ` : ""}${address} ${valueOf(value)}`)));
  return [
    el("h3", {}, rule ? rule.rule : `Could not be read: ${sample.reason}`),
    rule ? el("p", { class: "small" }, sentence(rule.about), rule.why ? el("span", { class: "faint" }, ` ${rule.why}`) : null) : null,
    el("p", { class: "small" }, kind === "unreadable" ? textNodes(fateOf(entry)) : fateOf(entry)),
    el("blockquote", { class: "text", dir: "auto" }, sampleText(entry, words)),
    el("p", { class: "small faint where" }, "Document ", el("bdi", {}, textNodes(sample.id)), `, record ${count(sample.ordinal + 1)} of `, el("bdi", {}, textNodes(sample.source)), `, ${lengths}`),
    asked.length > 0 && kind.startsWith("near") ? el("div", { class: "small" }, "The rule asks:", el("ul", {}, asked)) : null,
  ].filter(Boolean);
}
