// Shows what Factcheck has recorded of an article, on any page that has the article: see docs/embedding.md.
// No node of the page is changed, no HTML is made and no inline style, so that any framework and any CSP can stay.
// What pages load is static/embed/: `npm run embed` in tests/e2e makes it, and package.json there says what is shortened.
(() => {
const SIGNS = { asserted: "+", denied: "−", unverified: "?" };
const LINES = { asserted: "solid", denied: "double", unverified: "dotted" };
const INKS = [["#0b635b", "#a3331b", "#674596"], ["#6bd6c9", "#ffa28c", "#cdb3ff"]]; // on a light page, on a dark one
const WORDS = {
  en: {
    locale: "en-GB", close: "Close", itself: "The article itself says this.", anonymous: "anonymous",
    note: "A tag says who stands behind a statement, never whether it is true.", record: "Full record",
    asserted: ["Asserted", "A source puts this forward, and nobody with standing denies it."],
    denied: ["Denied", "Somebody with standing denies this."],
    unverified: ["Unverified", "Nobody on the record stands behind this yet."],
    said: "Attributed to ", through: "; it came through ", then: ", then ",
    dispute: "Disputed: a ", part: " of part of it", by: " by ",
    supports: "Supports it", refutes: "Against it", context: "Context",
  },
  de: {
    locale: "de", close: "Schließen", itself: "Das sagt der Artikel selbst.", anonymous: "anonym",
    note: "Die Einstufung sagt, wer hinter einer Aussage steht, nie, ob sie wahr ist.", record: "Alles dazu",
    asserted: ["Behauptet", "Eine Quelle vertritt das; niemand, der es wissen muss, bestreitet es."],
    denied: ["Bestritten", "Jemand, der es wissen muss, bestreitet das."],
    unverified: ["Unbestätigt", "Noch steht niemand mit Namen dahinter."],
    said: "Zugeschrieben: ", through: "; weitergegeben von ", then: ", dann ",
    dispute: "Umstritten: ", part: " zu einem Teil", by: " von ",
    supports: "Dafür", refutes: "Dagegen", context: "Kontext",
    denial: "Dementi", contradiction: "andere Darstellung", correction: "Richtigstellung", clarification: "Klarstellung",
    open: "offen", upheld: "anerkannt", rejected: "zurückgewiesen", withdrawn: "zurückgezogen",
  },
};
const UNREAD = "textarea,select,button,svg,rt,rp";
const ASIDE = "aside,nav,form,del,[role=tooltip],.ad,[class^=ad],[class*=promo]";
const ACTIVE = "a,button,label,summary";
const DISTINCTIVE = 20, NEIGHBOURS = 16; // characters that hardly repeat by chance: in a passage, and beside it
const FARTHEST = 2048, MOST_PLACES = 200;
const SLICE = 8, PAUSE = 100; // milliseconds of work at a time, and before the page is read again
const UNSEEN = /[^\P{Cf}\u200c\u200d\u{e0000}-\u{e007f}]/u, QUOTE = /["'\p{Pi}\p{Pf}‚„′″]/u;
// No passage begins or ends at such a place by itself: the service's own rule (claims/anchoring/quotes.py).
const WITHIN_WORD = /(?<=[\p{L}\p{N}\p{M}\u0600-\u0605\u06dd\u200c\u200d])(?=[\p{L}\p{N}])|(?!^)(?=[\p{M}\p{EMod}\p{DI}])|(?<=\u200d)(?=\p{ExtPict})|(?<=\r)(?=\n)|(?<=(?<!\p{RI})(\p{RI}{2})*\p{RI})(?=\p{RI})|(?<=\p{N}[\p{Po}’]?|[\p{Pd}\p{Sm}])(?=[\p{Po}’\p{Pd}\p{Sm}]?\p{N})|(?<=(?<!\p{N})\p{N}{1,3}\p{Zs}?)(?=\p{Zs}?\p{N}{3}(?!\p{N}))/uy;

const rest = (time) => new Promise((done) => setTimeout(done, time));
async function paced(steps) { // so that the page keeps its frames
  for (let end = performance.now() + SLICE, step; ;) {
    step = steps.next();
    if (step.done) return step.value;
    if (performance.now() > end) await rest(), end = performance.now() + SLICE;
  }
}

// A text as readers compare it: white space is one space; accents stand apart; what is invisible does not count, nor do
// quotation marks. `from` and `to` lead back to the text's units, `places` there from its code points.
function* fold(raw) {
  const units = [], from = [], to = [], places = [];
  let at = 0;
  for (const character of raw) {
    const end = at + character.length;
    let read = /\s/.test(character) ? " " : character.normalize("NFD");
    if (QUOTE.test(read)) read = /[^\p{P}\s].[^\p{P}\s]/u.test(raw.slice(at - 1, end + 1)) ? "'" : "";
    if (UNSEEN.test(read) || (read === " " && units.at(-1) === read)) read = "";
    places.push(units.length);
    for (const unit of read.split("")) units.push(unit), from.push(at), to.push(end);
    at = end;
    if (!(at & 63)) yield;
  }
  places.push(units.length);
  return { text: units.join(""), from, to, places };
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

function isSeam(text, at) {
  WITHIN_WORD.lastIndex = at;
  return WITHIN_WORD.test(text);
}

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

// Colours are those of the page, light or dark; a shadow tree keeps out the rest of its rules.
const inked = (isDark, rule) => Object.keys(SIGNS).map((tag, n) => rule(tag, INKS[isDark][n])).join("");
const lookOf = (isDark) => `:host{all:initial!important;position:absolute!important}
*{color-scheme:${isDark ? "dark" : "light"}}
button{border:2px solid #0000;background:Canvas padding-box;color:inherit;font:inherit;box-shadow:inset 0 0 0 1px}
.sign,i{position:absolute;width:24px;height:24px;padding:0;border-radius:50%;font:700 small system-ui}
i{border:solid;border-width:0 0 2px;border-radius:0;pointer-events:none}
#panel{position:absolute;inset:auto;width:min(26em,90vw);margin:0;padding:1em;border:solid;border-width:1px 5px;
background:Canvas;font:medium/1.5 system-ui;overflow-wrap:anywhere}
p,li{margin:0 0 .5em;color:CanvasText}
:empty{display:none}
@media(max-width:40em){#panel{position:fixed!important;inset:auto 0 0!important;width:auto;max-height:60%}}
@media print{:host{display:none!important}}
${inked(isDark, (tag, ink) => `.${tag}{color:${ink}}`)}`;
const marksOf = (isDark) => `@media screen{${inked(isDark, (tag, ink) => `::highlight(factcheck-${tag}){background-color:${
  ink}1f;text-decoration:underline 2px ${LINES[tag]} ${ink}}`)}::highlight(factcheck-open){background-color:#fc06}}`;

const make = (name, properties, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};
const words = (name, ...children) => make(name, { dir: "auto" }, ...children);
const link = (href, text) => /^http/.test(href) ? make("a", { href }, text) : text;
const isInline = (display) => /^(inline|contents|ruby)/.test(display);
const viewOf = (node) => node.ownerDocument.defaultView;
const shiftOf = (view) => view === window ? new DOMRect() : boxOf(view.frameElement);
const boxOf = (element) => element.getBoundingClientRect();
const parentOf = (node) => node.parentElement ?? node.getRootNode().host;
const styleOf = (element) => getComputedStyle(element);
const within = (value, least, most) => Math.max(least, Math.min(value, most));
function add(text, data, node) {
  if (node) text.runs.push({ node, data, at: text.raw.length });
  text.raw += data;
}

function start({ dataset, src }) {
  const { article, url, target = "article", deep, api = src } = dataset, service = new URL("/", api);
  const look = new CSSStyleSheet(), sheets = new Map(), cards = new Map();
  const host = make("factcheck-signs"), shadow = host.attachShadow({ mode: "open" });
  const signs = make("section", { ariaLabel: "Factcheck" }), drawn = make("div");
  const panel = make("div", { id: "panel", popover: "manual", role: "dialog", tabIndex: -1, dir: "ltr" });
  shadow.adoptedStyleSheets = [look];
  shadow.append(drawn, signs);
  let known = {}, say = WORDS.en, isDark = 0, opened, due, last, told;

  async function get(path) {
    const answer = await fetch(`${service}api/v1/${path}`, { credentials: "omit" });
    if (!answer.ok) throw new Error(`${answer.status} from ${answer.url}`);
    return answer.json();
  }

  async function load(address) {
    const statements = [], id = article ?? (await get("articles/?url=" + encodeURIComponent(address))).results[0]?.id;
    if (!id) return { statements };
    const { text } = await get(`articles/${id}/`);
    for (let query = `?article=${id}&include=evidence,disputes&page_size=200`; query;) {
      const { results, next } = await get("statements/" + query);
      statements.push(...results);
      query = next && new URL(next).search;
    }
    return { points: [...text], statements, folded: await paced(fold(text)) };
  }

  function childrenOf(node) {
    const inner = deep !== undefined && (node.shadowRoot ?? node.contentDocument?.body);
    if (inner) watch(inner.getRootNode());
    const given = node.assignedNodes?.() ?? [];
    return given.length ? given : (inner || node).childNodes;
  }

  // Into the last of the texts what a page shows, into the first without what stands beside its sentences.
  function* read(parent, { visibility }, texts) {
    for (const child of childrenOf(parent)) {
      yield;
      if (child.nodeType === 3 && visibility === "visible") for (const text of texts) add(text, child.data, child);
      if (child.nodeType !== 1 || child.matches(UNREAD)) continue;
      const style = styleOf(child), { display, float, position } = style, all = texts.at(-1);
      if (display === "none") continue;
      const isCap = float !== "none" && child.textContent.length < 4; // a drop cap, and not a box beside the text
      const isNote = child.matches("sup") &&
        (child.querySelector("a") || child.closest("a") || !/\p{N}$/u.test(all.raw.slice(-2)));
      const isBeside = isNote || (float !== "none" && !isCap) || /absolute|fixed/.test(position) || child.matches(ASIDE);
      const into = isBeside ? [all] : texts, gap = child.localName !== "br" && (isCap || isInline(display)) ? "" : " ";
      for (const text of into) add(text, gap);
      yield* read(child, style, into);
      for (const text of into) add(text, gap);
    }
  }

  function* find(texts) {
    const { points, statements, folded: article } = known, found = [];
    for (const statement of statements) {
      yield;
      let { start, end } = statement;
      if (!SIGNS[statement.tag] || points.slice(start, end).join("") !== statement.text) continue; // the text was edited
      start = article.places[start];
      end = article.places[end];
      while (article.text[start] === " ") start++;
      while (article.text[end - 1] === " ") end--;
      for (const page of start < end ? texts : []) {
        const { from, to, text } = page.folded, at = placeOf(article.text, text, start, end);
        if (at === null) continue;
        found.push({ statement, page, from: from[at], to: to[at + end - start - 1], ranges: [] });
        break;
      }
    }
    return found.sort((a, b) => b.to - b.from - a.to + a.from);
  }

  // A range for each piece of a text node, of the innermost passage there.
  function* range(found, page) {
    const inner = [];
    for (const match of found) if (match.page === page) for (let at = match.from; at < match.to; at++) inner[at] = match;
    for (const { node, data, at } of page.runs) {
      yield;
      for (let from = 0, to; from < data.length && node.data === data; from = to) {
        const match = inner[at + from], range = match && node.ownerDocument.createRange();
        for (to = from + 1; to < data.length && inner[at + to] === match;) to++;
        if (!match) continue;
        range.setStart(node, from);
        range.setEnd(node, to);
        match.ranges.push(range);
      }
    }
  }

  function watch(tree) {
    if (!sheets.has(tree)) {
      sheets.set(tree, new ((tree.defaultView ?? viewOf(tree)).CSSStyleSheet)());
      observer.observe(tree, { subtree: true, childList: true, characterData: true });
      if (tree.defaultView) tree.addEventListener("click", clicked);
    }
    const sheet = sheets.get(tree), { adoptedStyleSheets: all } = tree;
    sheet.replaceSync(marksOf(isDark));
    if (!all.includes(sheet)) all.push(sheet);
  }

  function paint(card, act) {
    card.sign.ariaExpanded = opened === card;
    for (const range of card.ranges) for (const kind of [card.statement.tag, opened === card && "open"]) {
      const { CSS: { highlights }, Highlight } = viewOf(range.startContainer) ?? window, name = "factcheck-" + kind;
      if (Highlight) (highlights.get(name) ?? highlights.set(name, new Highlight()).get(name))[act](range);
    }
  }

  // A sign stays, hidden, when its passage goes: it may come back.
  function show(found) {
    for (const card of cards.values()) {
      paint(card, "delete");
      card.ranges = [];
    }
    for (const { statement, ranges } of found) {
      const { id, tag, text } = statement;
      const card = cards.get(id) ?? { sign: make("button", { id: "s" + id }) };
      Object.assign(card, { statement, ranges });
      Object.assign(card.sign, {
        className: `sign ${tag}`, textContent: SIGNS[tag], ariaLabel: `${say[tag][0]}: ${text.slice(0, 80)}`,
        onclick: () => open(card) });
      cards.set(id, card);
      paint(card, "add");
    }
    if (!host.isConnected) document.body.append(host);
    layout();
  }

  const boxesOf = ({ ranges }) => ranges.flatMap((range) => {
    const node = range.startContainer, { x, y } = shiftOf(viewOf(node) ?? window);
    return [...range.getClientRects()].map((box) =>
      Object.assign(new DOMRect(box.x + x, box.y + y, box.width, box.height), { node, shift: x }));
  });

  // A sign stands beside the column, at the last line of its passage, and below the sign before it.
  function layout() {
    const { x, y } = boxOf(host), wide = document.documentElement.clientWidth, lines = [lookOf(isDark)], taken = {};
    const put = (id, left, top, more = "") => lines.push(`#${id}{left:${left}px;top:${top}px;${more}}`);
    drawn.replaceChildren();
    const ends = [...cards.values()].map((card) => {
      const boxes = boxesOf(card);
      for (const box of window.Highlight ? [] : boxes) {
        const id = "m" + lines.length;
        drawn.append(make("i", { id, className: card.statement.tag }, " "));
        put(id, box.x - x, box.y - y, `width:${box.width}px;height:${box.height}px`);
      }
      return { card, tail: boxes.at(-1) ?? new DOMRect() };
    }).sort((a, b) => a.tail.y - b.tail.y);
    ends.forEach(({ card, tail }, n) => {
      const { sign } = card;
      if (signs.children[n] !== sign) signs.insertBefore(sign, signs.children[n]);
      let block = tail.node && parentOf(tail.node);
      sign.hidden = !block?.checkVisibility();
      if (sign.hidden) return opened === card && close();
      while (isInline(styleOf(block).display)) block = parentOf(block);
      const { left, right } = boxOf(block), side = styleOf(block).direction === "rtl" ? left - 26 : right + 2;
      const at = within(side + tail.shift, 0, wide - 24), column = Math.round(at / 24);
      const top = Math.max(tail.y + tail.height / 2 - 12, taken[column] ?? -1e9);
      taken[column] = top + 24;
      put(sign.id, at - x, top - y);
      if (opened === card) put("panel", within(tail.x, 8, wide - panel.offsetWidth - 8) + scrollX, tail.bottom + 8 + scrollY);
    });
    look.replaceSync(lines.join(""));
  }

  // Between isolates (FSI, PDI): a name in another script turns no sentence around.
  const named = ({ name, anonymous }) => `\u2068${name}\u2069${anonymous ? ` (${say.anonymous})` : ""}`;

  const dayOf = (day) => new Date(day).toLocaleDateString(
    say.locale, { timeZone: "UTC", year: "numeric", month: day[5] && "long", day: day[8] && "numeric" });

  const chainOf = ({ source, via, said_on: day }) => source ? say.said + named(source) + (day ? ", " + dayOf(day) : "") +
    (via.length ? say.through + via.map(named).join(say.then) : "") + "." : say.itself;

  function open(card) {
    const isOpen = opened === card;
    close();
    if (isOpen) return;
    opened = card;
    const { sign, statement } = card, { id, tag, disputes, evidence } = statement;
    Object.assign(panel, { className: tag, lang: say.locale, ariaLabel: sign.ariaLabel });
    panel.replaceChildren(
      words("b", `${SIGNS[tag]} ${say[tag].join(". ")}`), words("p", statement.tag_reason), words("p", chainOf(statement)),
      make("ul", {}, ...disputes.map(({ kind, scope, raised_by: by, state, note, resolution }) => words("li",
        say.dispute + (say[kind] ?? kind) + (scope === "part" ? say.part : "") + say.by + named(by) + `, ${say[state] ?? state}.`,
        words("p", note), words("p", resolution))), ...evidence.map(({ stance, url, title, excerpt }) =>
        words("li", say[stance] + ": ", link(url, title || url), words("p", excerpt)))),
      words("p", say.note + " ", link(`${service}statements/${id}/`, say.record)),
      make("button", { onclick: close }, say.close));
    shadow.append(panel);
    panel.showPopover?.();
    paint(card, "add");
    layout();
    panel.focus();
  }

  function close() {
    if (!opened) return;
    const card = opened, isWithin = panel.contains(shadow.activeElement);
    paint(card, "delete");
    opened = null;
    paint(card, "add");
    panel.remove();
    if (isWithin) card.sign.focus();
  }

  // Words are clicked where no link or button is, and the innermost passage counts.
  function clicked(event) {
    const [at, ...above] = event.composedPath(), { view } = event;
    if (above.includes(host)) return;
    const isTaken = event.defaultPrevented || at.closest?.(ACTIVE) || String(view.getSelection());
    const shift = shiftOf(view), x = event.x + shift.x, y = event.y + shift.y;
    const hit = [...cards.values()].findLast((card) => boxesOf(card).some(
      (box) => x >= box.left && x <= box.right && y >= box.top && y <= box.bottom));
    if (hit && !isTaken) open(hit);
    else close();
  }

  async function pass() {
    const roots = [...document.querySelectorAll(target)].filter((root) => !root.parentElement?.closest(target));
    const [root] = roots, texts = [" ", " "].map((raw) => ({ raw, runs: [] }));
    if (!root) return show([]);
    const address = url ?? document.querySelector("link[rel=canonical]")?.href ?? location.href;
    if (known.address !== address) {
      known = { address, statements: [] };
      Object.assign(known, await load(address));
    }
    const asked = [root.closest("[lang]")?.lang, ...navigator.languages];
    say = asked.map((tag) => WORDS[tag?.slice(0, 2).toLowerCase()]).find(Boolean) ?? say;
    isDark = styleOf(root).color.match(/\d+/g)[1] >> 7; // light words: their green tells most
    for (const tree of [document, ...sheets.keys()]) watch(tree);
    for (const root of roots) {
      await paced(read(root, styleOf(root), texts));
      for (const text of texts) add(text, " ");
    }
    for (const text of texts) text.folded = await paced(fold(text.raw));
    const found = await paced(find(texts)), marked = found.map(({ statement }) => statement.id);
    for (const text of texts) await paced(range(found, text));
    show(found);
    tell({ marked, unmarked: known.statements.map(({ id }) => id).filter((id) => !marked.includes(id)) });
  }

  function tell(detail) {
    const now = JSON.stringify(detail);
    if (now !== told) document.dispatchEvent(new CustomEvent("factcheck", { detail }));
    told = now;
  }

  // At most one reading waits while another one is at work.
  function soon() {
    due ??= last = (async (before) => {
      await before;
      await rest(PAUSE);
      due = null;
      await pass().catch(({ message }) => tell({ error: message }));
    })(last);
  }

  const observer = new MutationObserver(soon), sizes = new ResizeObserver(() => { layout(); soon(); });
  sizes.observe(document.documentElement);
  for (const kind of ["scroll", "load"]) addEventListener(kind, ({ target }) => target !== document && soon(), true);
  addEventListener("keydown", ({ key }) => key === "Escape" && close());
  soon();
}

const begun = window.factcheck$ ??= new Set(), own = document.currentScript;
for (const script of own ? [own] : document.querySelectorAll("script[src*='/embed/factcheck']")) {
  const key = JSON.stringify(script.dataset);
  if (!begun.has(key)) start(script);
  begun.add(key);
}
})();
