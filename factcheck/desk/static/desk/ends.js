// Moves the ends of a passage: each has a handle in the text, for a pointer, a finger and the arrow keys. What is moved
// goes into the form of the card that has the passage, or into a small one, and is saved with it. Offsets here are
// those of places.js.
"use strict";

(() => {
  const template = document.getElementById("ends");
  if (!template || !window.Intl?.Segmenter) {
    return;
  }
  const reading = template.parentElement;
  const text = desk.text.element();
  const [first, last] = template.content.cloneNode(true).querySelectorAll(".end");
  const names = new Map([first, last].map((handle) => [handle, handle.ariaLabel]));
  [first, last].forEach((handle) => (handle.hidden = true));
  reading.append(first, last);
  const sideOf = (handle) => (handle === first ? "start" : "end");

  let at = null; // the card, the whole text in its segments, and the start and end of the passage as it is chosen now
  let isMoving = false;

  // The form that has the passage. Another one in its place, such as that of a dispute, is done first.
  const placeOf = (card) => document.getElementById(`place-${card.dataset.card}`);
  const formOf = (card) => [...card.querySelectorAll("form:has([name=start])")].find((form) => form.checkVisibility());
  const marksOf = (card) => [...text.querySelectorAll(`mark[data-statement="${CSS.escape(card.dataset.card)}"]`)];
  const marked = (card) => {
    const marks = marksOf(card);
    const start = marks.length && desk.text.offset(marks[0], 0);
    return marks.length ? { start, end: start + marks.reduce((sum, mark) => sum + mark.textContent.length, 0) } : null;
  };
  const chosen = (card) => {
    const form = formOf(card);
    if (!form) {
      return placeOf(card)?.querySelector("form") ? null : marked(card);
    }
    if (form.elements.start.value) {
      return desk.text.passage(form);
    }
    const mark = marked(card); // the words of the form are those of the mark, or somebody types others
    return mark && desk.text.isSame(text.textContent.slice(mark.start, mark.end), form.elements.text.value) ? mark : null;
  };

  const attach = (card) => {
    const span = card?.isConnected && placeOf(card) ? chosen(card) : null;
    const wasShown = at?.isShown;
    text.querySelectorAll(".moving").forEach((mark) => mark.classList.remove("moving"));
    at = span && { card, ...span, ...segmented(text.textContent) };
    [first, last].forEach((handle) => (handle.hidden = !at));
    if (at) {
      put();
    }
    if (wasShown && !at?.isShown) {
      CSS.highlights?.delete("chosen");
    }
  };
  const localeOf = (code) => {
    try {
      return Intl.getCanonicalLocales(code)[0];
    } catch {
      return undefined; // a code of the right shape, such as "abcd", that no language can have
    }
  };
  let known = {};
  const segmented = (whole) => {
    if (known.whole !== whole) {
      const cut = (granularity) => new Intl.Segmenter(localeOf(text.lang), { granularity }).segment(whole);
      known = { whole, words: cut("word"), characters: cut("grapheme") };
    }
    return known;
  };

  // Where the handles stand: at the outer edges of the first and of the last character.
  const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
  const isRightToLeft = (string, otherwise = false) =>
    /\p{L}/u.test(string) ? RIGHT_TO_LEFT.test(string.match(/\p{L}/u)[0]) : otherwise;
  const paragraphAt = (offset) => {
    const begin = at.whole.lastIndexOf("\n", offset - 1) + 1;
    return at.whole.slice(begin, begin + 1000);
  };
  const edge = (side) => {
    const { index, segment } = at.characters.containing(side === "start" ? at.start : at.end - 1);
    const rects = desk.text.range(index, index + segment.length).getClientRects();
    const box = rects[side === "start" ? 0 : rects.length - 1];
    const isLeft = (side === "start") !== isRightToLeft(segment, isRightToLeft(paragraphAt(index)));
    return { x: isLeft ? box.left : box.right, top: box.top, bottom: box.bottom };
  };
  const put = () => {
    const passage = at.whole.slice(at.start, at.end);
    const number = at.card.querySelector(".number")?.textContent.match(/\d+/)?.[0] ?? "";
    const [from, whole] = [reading.getBoundingClientRect(), desk.text.points(at.whole)];
    for (const handle of [first, last]) {
      const { x, top, bottom } = edge(sideOf(handle));
      const size = handle.offsetWidth;
      const left = Math.max(0, Math.min(x - size / 2, document.documentElement.clientWidth - size));
      handle.style.left = `${left - from.left}px`;
      handle.style.top = `${(handle === first ? top - size : bottom) - from.top}px`;
      handle.style.setProperty("--at", `${x - left}px`);
      handle.style.setProperty("--line", `${bottom - top}px`);
      const words = passage.split(/\s+/);
      handle.ariaLabel = names.get(handle).replace("{number}", number);
      handle.ariaValueMax = whole;
      handle.ariaValueNow = desk.text.points(at.whole.slice(0, at[sideOf(handle)]));
      handle.ariaValueText = handle === first ? words.slice(0, 3).join(" ").slice(0, 60) : words.slice(-3).join(" ").slice(-60);
    }
    at.isShown = Boolean(formOf(at.card)?.elements.start.value);
    if (at.isShown) {
      desk.text.show(at.start, at.end);
      marksOf(at.card).forEach((mark) => mark.classList.add("moving"));
    }
  };
  new ResizeObserver(() => at && put()).observe(text);

  // Stops: a start stands before a word, a sign or a character, an end behind one; spaces have none.
  const segmentAt = (segments, offset, by) => {
    let found = segments.containing(offset);
    while (found && !found.segment.trim()) {
      found = segments.containing(by > 0 ? found.index + found.segment.length : found.index - 1);
    }
    return found;
  };
  const behind = ({ index, segment }) => index + segment.length;
  const stopFrom = (segments, side, offset, by) => {
    const isAcross = (side === "start") === by > 0; // the segment at the offset is passed over
    const near = by > 0 ? offset : offset - 1;
    const passed = isAcross && segments.containing(near);
    const found = segmentAt(segments, !isAcross ? near : !passed ? -1 : by > 0 ? behind(passed) : passed.index - 1, by);
    return found ? (side === "start" ? found.index : behind(found)) : null;
  };
  const nearestStop = (segments, side, offset) => {
    const stops = [stopFrom(segments, side, offset + 1, -1), stopFrom(segments, side, offset, 1)];
    return stops.filter((stop) => stop !== null).sort((one, other) => Math.abs(one - offset) - Math.abs(other - offset))[0];
  };

  // One end stops before the other: something is always left between them.
  const move = (side, segments, to) => {
    const other = side === "start" ? at.end : at.start;
    const isBeyond = side === "start" ? to >= other : to <= other;
    const stop = isBeyond ? stopFrom(segments, side, other, side === "start" ? -1 : 1) : to;
    if (stop === null || stop === undefined || stop === at[side]) {
      return;
    }
    at[side] = stop;
    const form = formOf(at.card) ?? open(at.card);
    const start = desk.text.points(at.whole.slice(0, at.start));
    const passage = at.whole.slice(at.start, at.end);
    isMoving = true;
    desk.fillPassage(form, { passage, start, end: start + desk.text.points(passage) });
    isMoving = false;
    put();
  };

  const open = (card) => {
    const id = card.dataset.card;
    const form = template.content.querySelector("form").cloneNode(true);
    form.id = `ends-${id}`;
    form.setAttribute("action", `/api/v1/statements/${id}/`);
    form.elements.version.value = card.querySelector("[data-version]").dataset.version.split("-")[1];
    form.elements.next.value = `${desk.partWith(id)}#mark-${id}`;
    form.elements.csrfmiddlewaretoken.value = document.querySelector("[name=csrfmiddlewaretoken]").value;
    placeOf(card).replaceChildren(form);
    htmx.process(form);
    return form;
  };
  const reveal = () => {
    const form = at && formOf(at.card);
    if (form && getComputedStyle(form).position !== "fixed") {
      desk.reveal(form);
    }
  };
  const forget = (id) => {
    const kept = desk.kept.names().filter((name) => name.includes(` ends-${id} `));
    kept.forEach((name) => desk.kept.set(name, ""));
  };
  const putBack = (card) => {
    const form = formOf(card);
    const mark = marked(card);
    if (form?.matches(".ends")) {
      forget(card.dataset.card);
      form.remove();
    } else if (form && mark) {
      const passage = text.textContent.slice(mark.start, mark.end);
      const start = desk.text.points(text.textContent.slice(0, mark.start));
      desk.fillPassage(form, { passage, start, end: start + desk.text.points(passage) });
    }
    attach(card);
  };

  // By keys.
  const ARROWS = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -1, ArrowRight: 1 };
  const segmentsFor = (event) => (event.shiftKey || event.altKey ? at.characters : at.words);
  const keyed = (event) => {
    const { key, target: handle, ctrlKey, metaKey } = event;
    if (!at || ctrlKey || metaKey || !(key in ARROWS || key === "Enter" || key === "Escape")) {
      return;
    }
    event.preventDefault();
    if (key === "Enter") {
      formOf(at.card)?.requestSubmit();
    } else if (key === "Escape") {
      drop();
      putBack(at.card);
    } else {
      const side = sideOf(handle);
      const turns = /Left|Right/.test(key) && isRightToLeft(paragraphAt(at[side] - (side === "end"))) ? -1 : 1;
      const segments = segmentsFor(event);
      move(side, segments, stopFrom(segments, side, at[side], ARROWS[key] * turns) ?? at[side]);
      handle.scrollIntoView({ block: "nearest" });
      reveal();
    }
  };
  desk.keys.e = () => {
    attach(at?.card ?? desk.current());
    (document.activeElement === first ? last : first).focus();
  };

  // By a pointer or a finger: the end follows at the distance at which it was taken.
  let drag = null;
  const caretAt = (x, y) => {
    const box = text.getBoundingClientRect();
    const place = [Math.min(Math.max(x, box.left + 1), box.right - 1), Math.min(Math.max(y, box.top + 1), box.bottom - 1)];
    const caret = document.caretPositionFromPoint?.(...place);
    const range = !document.caretPositionFromPoint && document.caretRangeFromPoint?.(...place);
    const [node, offset] = caret ? [caret.offsetNode, caret.offset] : [range?.startContainer, range?.startOffset];
    return node && text.contains(node) ? desk.text.offset(node, offset) : null;
  };
  const follow = () => {
    const offset = caretAt(drag.x + drag.dx, drag.y + drag.dy);
    if (offset !== null) {
      move(drag.side, drag.segments, nearestStop(drag.segments, drag.side, Math.min(offset, at.whole.length - 1)));
    }
  };
  // Near the upper and the lower end of the window, or of what lies over it, the page scrolls along.
  const NEAR = 48; // pixels
  const SPEED = 8; // pixels a frame
  const scroll = () => {
    if (!drag) {
      return;
    }
    const over = [at.card, formOf(at.card)].filter((one) => one && getComputedStyle(one).position === "fixed");
    const bottom = Math.min(window.innerHeight, ...over.map((one) => one.getBoundingClientRect().top));
    const isUp = drag.y < Math.min(NEAR, drag.from);
    const isDown = drag.y > Math.max(bottom - NEAR, drag.from);
    if (isUp || isDown) {
      window.scrollBy({ top: isUp ? -SPEED : SPEED, behavior: "instant" });
      follow();
    }
    requestAnimationFrame(scroll);
  };
  const take = (event) => {
    const { target: handle, clientX: x, clientY: y, pointerId, button } = event;
    if (!at || drag || button) {
      return;
    }
    event.preventDefault();
    handle.focus({ preventScroll: true });
    document.getSelection().removeAllRanges();
    const side = sideOf(handle);
    const end = edge(side);
    drag = { side, x, y, from: y, dx: end.x - x, dy: (end.top + end.bottom) / 2 - y };
    handle.setPointerCapture(pointerId);
    reading.classList.add("dragging");
    requestAnimationFrame(scroll);
  };
  const drop = () => {
    drag = null;
    reading.classList.remove("dragging");
  };
  for (const handle of [first, last]) {
    handle.addEventListener("keydown", keyed);
    handle.addEventListener("pointerdown", take);
    handle.addEventListener("pointermove", (event) => {
      if (drag) {
        Object.assign(drag, { x: event.clientX, y: event.clientY, segments: segmentsFor(event) });
        follow();
      }
    });
    handle.addEventListener("lostpointercapture", () => {
      drop();
      reveal();
    });
  }

  // Whose ends they are: of the card that is chosen, or in which a passage is being changed.
  const choose = desk.choose;
  desk.choose = (card) => {
    const marks = choose(card);
    attach(card);
    return marks;
  };
  document.addEventListener("focusin", ({ target }) => {
    const card = target.closest("[data-card]");
    if (card && card !== at?.card && formOf(card)) {
      attach(card);
    }
  });
  const attachAgain = () => attach(at?.card ?? desk.current());
  const changed = ({ target }) => {
    const card = target.name === "text" && !isMoving && target.closest("[data-card]");
    if (card) {
      attach(card);
    }
  };
  document.addEventListener("passage", changed);
  document.addEventListener("input", changed);
  const closing = ({ target }) => {
    const card = target.matches(".close") && target.closest("[data-card]");
    if (card) {
      forget(card.dataset.card);
      setTimeout(attachAgain); // when acts.js has closed the form
    }
  };
  document.addEventListener("click", closing, true);
  // Also what was moved before somebody else changed it, and was applied in another form.
  document.addEventListener("acted", ({ detail }) => {
    if (["statement.updated", "statement.reanchored"].includes(detail.action)) {
      forget(detail.focus.replace("statement-", ""));
    }
  });
  document.addEventListener("reset", ({ target: form }) => {
    if (form.matches(".ends")) {
      putBack(form.closest("[data-card]"));
    }
  });

  // What was moved and not saved is back after a reload.
  const restore = () => {
    const ids = desk.kept.names().map((name) => name.match(/ ends-(\d+) /)?.[1]);
    const cards = ids.map((id) => id && document.getElementById(`statement-${id}`));
    for (const card of cards.filter((one) => one && placeOf(one) && !placeOf(one).querySelector("form"))) {
      const form = open(card);
      desk.drafts.restore(form);
      if (!form.elements.text.value) {
        form.remove(); // it is somebody else's
      }
    }
  };
  document.addEventListener("htmx:afterSettle", () => {
    restore();
    attachAgain();
  });
  window.addEventListener("hashchange", () => attach(desk.current()));
  restore();
  attachAgain();
})();
