// Marks the statements that Factcheck has recorded of an article, on any page: see docs/embedding.md.
// It makes text nodes only and no inline styles, so that a strict CSP can stay.
(() => {
"use strict";
const script = document.currentScript;
const { article: id, api = new URL(script.src).origin, target = "article" } = script.dataset;
const SIGNS = { asserted: "+", denied: "−", unverified: "?" };
const WORDS = {
  en: {
    locale: "en-GB", close: "Close", itself: "The article itself says this.", anonymous: "anonymous",
    note: "The tag says who stands behind a statement, never whether it is true.",
    asserted: ["Asserted", "A source puts this forward, and nobody with standing denies it."],
    denied: ["Denied", "Somebody with standing denies this."],
    unverified: ["Unverified", "Nobody on the record stands behind this yet."],
    said: (who, day) => `Attributed to ${who}${day && `, ${day}`}`,
    through: (relays) => `; it came through ${relays.join(", then ")}`,
    dispute: (kind, isPart, who, state) => `Disputed: a ${kind}${isPart ? " of part of it" : ""} by ${who}, ${state}.`,
  },
  de: {
    locale: "de", close: "Schließen", itself: "Das sagt der Artikel selbst.", anonymous: "anonym",
    note: "Die Einstufung sagt, wer hinter einer Aussage steht, nie, ob sie wahr ist.",
    asserted: ["Behauptet", "Eine Quelle vertritt das; niemand, der es wissen muss, bestreitet es."],
    denied: ["Bestritten", "Jemand, der es wissen muss, bestreitet das."],
    unverified: ["Unbestätigt", "Noch steht niemand mit Namen dahinter."],
    said: (who, day) => `Zugeschrieben: ${who}${day && `, ${day}`}`,
    through: (relays) => `; weitergegeben von ${relays.join(", dann ")}`,
    dispute: (kind, isPart, who, state) => `Umstritten: ${kind}${isPart ? " zu einem Teil" : ""} von ${who}, ${state}.`,
    denial: "Dementi", contradiction: "andere Darstellung", correction: "Richtigstellung", clarification: "Klarstellung",
    open: "offen", upheld: "anerkannt", rejected: "zurückgewiesen", withdrawn: "zurückgezogen",
  },
};
const UNREAD = "script, style, noscript, template, textarea, select, button, iframe, svg, rt, rp";
const ACTIVE = "a, button, label, summary";
const DISTINCTIVE = 20, NEIGHBOURS = 16; // characters that hardly repeat by chance: in a passage, and beside it
const FARTHEST = 2048, MOST_PLACES = 200;

async function get(path) {
  const answer = await fetch(`${api.replace(/\/$/, "")}/api/v1/${path}`, { credentials: "omit" });
  if (!answer.ok) throw new Error(`${answer.status} from ${answer.url}`);
  return answer.json();
}

async function list(path) {
  const rows = [];
  for (let query = `?article=${id}&page_size=200`; query;) {
    const page = await get(path + query);
    rows.push(...page.results);
    query = page.next && new URL(page.next).search;
  }
  return rows;
}

// A text with white space collapsed, and the node and offset of each of its UTF-16 units.
function folding() {
  const folded = { text: " ", origins: [[]] };
  folded.add = (text, node) => text.split("").map((unit, offset) => {
    const place = folded.text.length, read = unit.replace(/\s/, " ");
    if (/[\xad\u200b\u2060\ufeff]/.test(unit) || (read === " " && folded.text.endsWith(read))) return place;
    folded.text += read;
    folded.origins.push([node, offset]);
    return place;
  });
  return folded;
}

const isInline = (element) => /^(inline|contents|ruby)/.test(getComputedStyle(element).display);

function read(element, page) {
  for (const child of element.childNodes) {
    if (child.nodeType === 3) page.add(child.data, child);
    if (child.nodeType !== 1 || child.matches(UNREAD) || getComputedStyle(child).display === "none") continue;
    const gap = child.localName === "br" || !isInline(child) ? " " : "";
    page.add(gap);
    read(child, page);
    page.add(gap);
  }
}

function placesOf(quote, text) {
  const places = [];
  for (let at = -1; places.length <= MOST_PLACES && (at = text.indexOf(quote, at + 1)) >= 0;) places.push(at);
  return places;
}

// How many units agree from two places on; backwards with step -1.
function agreement(mine, at, theirs, there, step) {
  let length = 0;
  while (length < FARTHEST && mine[at] && mine[at] === theirs[there]) length++, at += step, there += step;
  return length;
}

// Whether a place is within a word or a number: "costs 12" must not be found in "costs 120".
const isSeam = (text, at) => /[\p{L}\p{N}\p{M}]\0[\p{L}\p{N}]|\0\p{M}|\p{N}\0[.,]\p{N}|\p{N}[.,]\0\p{N}/u
  .test(`${text.slice(Math.max(0, at - 4), at)}\0${text.slice(at, at + 4)}`);

// The place of a passage in the page; null if another place, there or in the article, fits as well.
function placeOf(article, page, start, end) {
  const quote = article.slice(start, end), length = end - start;
  const isWhole = (at) => [0, length].every((edge) => isSeam(article, start + edge) || !isSeam(page, at + edge));
  const doubles = placesOf(quote, article), places = placesOf(quote, page).filter(isWhole);
  if (!places.length || Math.max(places.length, doubles.length) > MOST_PLACES) return null;
  const fit = (home, at) => [
    agreement(article, home - 1, page, at - 1, -1), agreement(article, home + length, page, at + length, 1)];
  const sum = ([before, after]) => before + after;
  const [{ at, own }] = places.map((at) => ({ at, own: fit(start, at) })).sort((a, b) => sum(b.own) - sum(a.own));
  const rivals = [
    ...places.filter((other) => other !== at).map((other) => fit(start, other)),
    ...doubles.filter((home) => home !== start).map((home) => fit(home, at))];
  const isContested = rivals.some((its) => its[0] > own[0] || its[1] > own[1] || sum(its) === sum(own));
  const isKnown = sum(own) >= NEIGHBOURS || (!rivals.length && length >= DISTINCTIVE);
  return isKnown && !isContested ? at : null;
}

function find(text, statements, page) {
  const units = [0]; // where code point n begins: the API counts those, JavaScript UTF-16 units
  for (const character of text) units.push(units.at(-1) + character.length);
  const article = folding(), places = article.add(text + " ");
  return statements.flatMap((statement) => {
    const from = units[statement.start], to = units[statement.end];
    if (!SIGNS[statement.tag] || text.slice(from, to) !== statement.text) return []; // the text was edited
    let start = places[from], end = places[to];
    while (article.text[start] === " ") start++;
    while (article.text[end - 1] === " ") end--;
    const at = start < end ? placeOf(article.text, page.text, start, end) : null;
    return at === null ? [] : [{ statement, at, length: end - start }];
  });
}

const make = (name, kind, properties) =>
  Object.assign(document.createElement(name), { className: `factcheck-${kind}` }, properties);
function words(name, kind, text) {
  const element = make(name, kind, { dir: "auto" });
  element.append(...text.split(/\u2068(.*?)\u2069/s).map((part, at) =>
    at % 2 ? make("bdi", "name", { textContent: part }) : part));
  return element;
}

// One mark for each piece of a text node, of the innermost passage there: marks never nest.
function wrap(found, page) {
  const inner = Array(page.text.length), pieces = [], pieceAt = [];
  for (const match of found) inner.fill(match, match.at, match.at + match.length);
  page.origins.forEach(([node, from], at) => {
    const match = inner[at], last = pieces.at(-1);
    if (!node || !match) return;
    if (last?.node !== node || last.match !== match) pieces.push({ node, match, from });
    pieceAt[at] = pieces.at(-1);
    pieceAt[at].to = from + 1;
  });
  for (const piece of pieces.reverse()) { // from the end, so that offsets stay right
    const { node, match, from, to } = piece;
    const range = new Range();
    range.setStart(node, from);
    range.setEnd(node, to);
    piece.mark = make("mark", `mark factcheck-${match.statement.tag}`, {
      onclick: (event) => event.target.closest(ACTIVE) || toggle(match) });
    range.surroundContents(piece.mark);
  }
  for (const match of found) addButton(match, pieceAt[match.at + match.length - 1].mark);
}

let say = WORDS.en;
function speak(root) { // as the page does, else as the browser does
  const asked = [root.closest("[lang]")?.lang, ...navigator.languages];
  say = asked.map((tag) => WORDS[tag?.split("-")[0].toLowerCase()]).find(Boolean) ?? say;
}

// Between isolates (FSI, PDI): a name in another script turns no sentence around.
const named = ({ name, anonymous }) => `\u2068${name}\u2069${anonymous ? ` (${say.anonymous})` : ""}`;

const dayOf = (day) => new Date(day).toLocaleDateString(
  say.locale, { timeZone: "UTC", year: "numeric", month: day[5] && "long", day: day[8] && "numeric" });

function chainOf({ source, via, said_on: day }) {
  if (!source) return say.itself;
  const relays = via.length ? say.through(via.map(named)) : "";
  return `${say.said(named(source), day ? dayOf(day) : "")}${relays}.`;
}

function panelOf({ statement, disputes, button }) {
  const [name, meaning] = say[statement.tag];
  const items = disputes.map(({ kind, scope, raised_by: by, state, note, resolution }) => {
    const item = words("li", "dispute", say.dispute(say[kind] ?? kind, scope === "part", named(by), say[state] ?? state));
    item.append(words("p", "words", note), words("p", "words", resolution));
    return item;
  });
  const panel = make("div", `panel factcheck-${statement.tag}`, {
    role: "dialog", ariaLabel: button.ariaLabel, tabIndex: -1, lang: say.locale, dir: "ltr" });
  panel.append(
    words("p", "head", `${SIGNS[statement.tag]} ${name}. ${meaning}`), words("p", "words", statement.tag_reason),
    words("p", "chain", chainOf(statement)), make("ul", "disputes"),
    words("p", "note", say.note), make("button", "close", { type: "button", textContent: say.close, onclick: close }));
  panel.querySelector("ul").append(...items);
  return panel;
}

let opened; // one panel at a time
function close() {
  if (!opened) return;
  opened.panel.remove();
  opened.button.ariaExpanded = "false";
  opened.button.focus();
  opened = null;
}

function toggle(match) {
  const isOpen = opened === match;
  close();
  if (isOpen) return;
  opened = match;
  match.panel = panelOf(match);
  match.button.ariaExpanded = "true";
  let block = match.button.parentElement;
  while (isInline(block)) block = block.parentElement;
  block[/^(p|h\d|pre)$/.test(block.localName) ? "after" : "append"](match.panel);
  match.panel.focus();
}

function addButton(match, mark) {
  const { tag, text } = match.statement;
  const ariaLabel = `${say[tag][0]}: ${[...text].slice(0, 80).join("")}`;
  match.button = make("button", `sign factcheck-${tag}`, {
    type: "button", textContent: SIGNS[tag], ariaLabel, ariaExpanded: "false", onclick: () => toggle(match) });
  (mark.closest(ACTIVE) ?? mark).after(match.button);
}

async function run() {
  const roots = document.querySelectorAll(target);
  if (!roots.length) throw new Error(`nothing on this page matches ${target}`);
  speak(roots[0]);
  const [{ text }, statements, disputes] = await Promise.all(
    [get(`articles/${id}/`), list("statements/"), list("disputes/")]);
  const page = folding();
  for (const root of roots) { read(root, page); page.add(" "); }
  const found = find(text, statements, page);
  const href = new URL("factcheck.css", script.src), rel = "stylesheet";
  document.head.append(make("link", "style", { rel, href, nonce: script.nonce }));
  wrap(found.sort((a, b) => b.length - a.length), page);
  for (const match of found) match.disputes = disputes.filter(({ statement }) => statement === match.statement.id);
  addEventListener("keydown", ({ key }) => key === "Escape" && close());
  const marked = found.map(({ statement }) => statement.id);
  return { marked, unmarked: statements.map(({ id }) => id).filter((id) => !marked.includes(id)) };
}

run().catch(({ message }) => (console.warn("Factcheck:", message), { error: message }))
  .then((detail) => document.dispatchEvent(new CustomEvent("factcheck", { detail })));
})();
