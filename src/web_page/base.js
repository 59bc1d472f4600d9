"use strict";
// What all pages of the program are made with. Text of documents reaches the page as text nodes
// alone; nothing here takes HTML.

/** An element with attributes and children; strings become text. */
function el(tag, attributes, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
function svg(tag, attributes, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, run] of Object.entries(value)) element.addEventListener(event, run);
    else if (name === "css") for (const [key, of] of Object.entries(value)) element.style.setProperty(key, of);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** The data of the page. */
function pageData() {
  return JSON.parse(document.getElementById("data").textContent);
}

// Numbers.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const figures = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });

/** `12,345`. */
const count = (number) => whole.format(number ?? 0);

/** `1 document`, `2 documents`. */
const counted = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

/** `4.2 MB`; thousands, as disks count. */
function bytes(number) {
  let value = number ?? 0;
  for (const unit of ["B", "kB", "MB", "GB"]) {
    if (value < 999.5) return `${unit === "B" ? count(value) : oneDigit.format(value)}\u00a0${unit}`;
    value /= 1000;
  }
  return `${oneDigit.format(value)}\u00a0TB`;
}

/** `12.3 %` of a whole; `–` of nothing. */
function percent(part, of) {
  if (!of) return "–";
  const share = (100 * part) / of;
  if (share > 0 && share < 0.05) return "<\u00a00.1\u00a0%";
  if (share < 100 && share > 99.95) return ">\u00a099.9\u00a0%";
  return `${oneDigit.format(share)}\u00a0%`;
}

/** A text with its full stop. */
const sentence = (text) => (text === "" || /[.!?]$/.test(text) ? text : `${text}.`);

/** A value of a signal. */
const valueOf = (number) => (number === null || number === undefined ? "–" : figures.format(number));

/** `1.2 ms` of nanoseconds. */
function time(nanoseconds) {
  let value = nanoseconds;
  for (const unit of ["ns", "µs", "ms"]) {
    if (value < 999.5) return `${unit === "ns" ? count(value) : oneDigit.format(value)}\u00a0${unit}`;
    value /= 1000;
  }
  return `${oneDigit.format(value)}\u00a0s`;
}

// Long work in short steps: the page stays alive.

const waiting = [];
const channel = new MessageChannel();
channel.port1.onmessage = () => waiting.shift()?.();

/** Lets the page do what waits. */
const pause = () =>
  new Promise((go) => {
    waiting.push(go);
    channel.port2.postMessage(null);
  });

/** Goes over items for a few milliseconds at a time; ends early where `goesOn` says no. */
async function inSteps(length, step, goesOn = () => true) {
  let until = performance.now() + 8;
  for (let n = 0; n < length; n++) {
    step(n);
    if (performance.now() > until) {
      await pause();
      if (!goesOn()) return false;
      until = performance.now() + 8;
    }
  }
  return true;
}

/** Runs when there was quiet for a while. */
function debounced(run, quiet = 160) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(run, quiet);
  };
}

// Text of documents.

const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** Text as nodes; what is not to be seen, or would reorder the rest, shows as its number. */
function textNodes(text) {
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(UNSEEN)) {
    if (found[0] === "\r" && text[found.index + 1] === "\n") continue;
    nodes.push(text.slice(from, found.index));
    const number = `U+${found[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
    nodes.push(el("span", { class: "unseen", title: "a character that is not to be seen" }, number));
    from = found.index + found[0].length;
  }
  nodes.push(text.slice(from));
  return nodes.filter((node) => node !== "");
}

/** Text with the words that were searched for marked. */
function markedNodes(text, words) {
  if (words.length === 0) return textNodes(text);
  const lower = text.toLowerCase();
  // Lower case can be longer than what it is of; then places are not to be told from it.
  if (lower.length !== text.length) return textNodes(text);
  const spans = [];
  for (const word of words) {
    for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + word.length)) spans.push([at, at + word.length]);
  }
  spans.sort((a, b) => a[0] - b[0]);
  const nodes = [];
  let from = 0;
  for (const [start, end] of spans) {
    if (start < from) continue;
    nodes.push(...textNodes(text.slice(from, start)), el("mark", {}, textNodes(text.slice(start, end))));
    from = end;
  }
  nodes.push(...textNodes(text.slice(from)));
  return nodes;
}

// The page.

const THEMES = ["auto", "light", "dark"];

/** A button that goes through the themes. What was chosen holds for pages of the same place, where
    the browser keeps it. */
function themeButton() {
  const kept = (value) => {
    try {
      if (value !== undefined) localStorage.setItem("tamis-theme", value);
      return localStorage.getItem("tamis-theme");
    } catch {
      return null;
    }
  };
  let theme = THEMES.includes(kept()) ? kept() : "auto";
  const button = el("button", { type: "button", id: "theme" });
  const show = () => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
  };
  button.addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    kept(theme);
    show();
  });
  show();
  return button;
}

/** Puts a page together: a title, what stands under it, and sections `{ id, title, content }`. */
function layOut(title, under, sections) {
  const shown = sections.filter((section) => section.content);
  const links = shown.map(({ id, title: name }) => el("li", {}, el("a", { href: `#${id}` }, name)));
  const print = el("button", { type: "button", on: { click: () => window.print() } }, "Print");
  const main = el("main", { id: "content", tabindex: "-1" }, shown.map(({ id, title: name, content }) =>
    el("section", { id, "aria-labelledby": `${id}-title` }, el("h2", { id: `${id}-title` }, name), content)));
  document.body.append(
    el("a", { class: "skip", href: "#content" }, "Skip to the content"),
    el("div", { class: "page" },
      el("header", {},
        el("div", { class: "line" }, el("h1", {}, title), el("div", { class: "no-print controls" }, themeButton(), print)),
        under),
      el("nav", { "aria-label": "Sections" }, el("ol", {}, links)),
      main));
  followSections(main, links);
}

/** Marks in the list of sections the one that is being read: the last that begins in the upper part of
    the window. */
function followSections(main, links) {
  const sections = [...main.querySelectorAll(":scope > section")];
  let due = false;
  const follow = () => {
    due = false;
    const begun = sections.filter((section) => section.getBoundingClientRect().top < innerHeight * 0.35);
    const now = sections.indexOf(begun.at(-1) ?? sections[0]);
    links.forEach((link, n) => {
      if (n === now) link.firstChild.setAttribute("aria-current", "true");
      else link.firstChild.removeAttribute("aria-current");
    });
  };
  const later = () => {
    if (!due) requestAnimationFrame(follow);
    due = true;
  };
  addEventListener("scroll", later, { passive: true });
  addEventListener("resize", later);
  follow();
}

/** A field with its label above. */
const field = (label, control) => el("label", { class: "field" }, el("span", {}, label), control);

/** A choice: options as `[value, text]`, or `{ label, options }` for a group of them. */
function choice(label, options, change) {
  const option = ([value, text]) => el("option", { value }, text);
  const select = el("select", { on: { change } }, options.map((one) =>
    Array.isArray(one) ? option(one) : el("optgroup", { label: one.label }, one.options.map(option))));
  return { field: field(label, select), select };
}
