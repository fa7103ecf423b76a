// Marks a passage by selecting it. The text nodes contain exactly the article's text, so offsets can be counted in
// them: in Unicode code points, as the API does, and not in the UTF-16 units of the browser.
"use strict";

(() => {
  const text = document.getElementById("text");
  if (!text) {
    return;
  }
  const codePoints = desk.text.points;

  const selected = () => {
    const selection = document.getSelection();
    if (!selection.rangeCount || selection.isCollapsed) {
      return null;
    }
    const range = selection.getRangeAt(0);
    const whole = document.createRange();
    whole.selectNodeContents(text);
    if (!range.intersectsNode(text)) {
      return null;
    }
    if (whole.comparePoint(range.startContainer, range.startOffset) !== 0) {
      range.setStart(text, 0);
    }
    if (whole.comparePoint(range.endContainer, range.endOffset) !== 0) {
      range.setEnd(text, text.childNodes.length);
    }
    const passage = range.toString();
    const trimmed = passage.trim();
    if (!trimmed) {
      return null;
    }
    const before = document.createRange();
    before.setStart(text, 0);
    before.setEnd(range.startContainer, range.startOffset);
    const leading = passage.slice(0, passage.length - passage.trimStart().length);
    const start = codePoints(before.toString()) + codePoints(leading);
    return { start, end: start + codePoints(trimmed), passage: trimmed, range };
  };

  // Looked up each time, since the form of a suggestion takes its place.
  const markForm = () => document.getElementById("mark-form");
  // A form of a card that is open, which corrects the statement or pins it, is filled before the one that marks.
  const openForm = () =>
    [...document.querySelectorAll("[data-card] form:has([name=start])")].find((form) => form.checkVisibility());
  const offer = () => {
    const box = markForm();
    const form = openForm() || box?.querySelector("form");
    const found = form && selected();
    if (!found) {
      return;
    }
    const isNew = form.elements.text.value !== found.passage || form.elements.start.value !== String(found.start);
    if (isNew && box?.contains(form)) {
      box.open = true;
      box.classList.add("fresh");
    }
    CSS.highlights?.set("chosen", new Highlight(found.range)); // also when the field has the focus
    desk.offerPassage(form, found);
    uncover(form.closest("#mark-form, [data-card]"), found.range);
  };
  // On a phone the form lies over the end of the window: the passage goes above it, as far as its beginning stays.
  const uncover = (sheet, range) => {
    const { top, bottom } = range.getBoundingClientRect();
    const covered = bottom + 16 - sheet.getBoundingClientRect().top;
    if (getComputedStyle(sheet).position === "fixed" && covered > 0) {
      window.scrollBy({ top: Math.min(covered, Math.max(top - 16, 0)), behavior: "instant" });
    }
  };
  text.addEventListener("pointerup", () => setTimeout(offer));
  text.addEventListener("keyup", (event) => event.shiftKey && offer());
  document.addEventListener("selectionchange", () => {
    clearTimeout(offer.later);
    offer.later = setTimeout(offer, 350); // on a phone, the only event of a selection
  });
  document.addEventListener("input", ({ target }) => {
    if (target.name === "text" && target.form.elements.start) {
      target.form.elements.start.value = target.form.elements.end.value = "";
    }
  });
  if (markForm()?.querySelector(".error")) {
    markForm().classList.add("fresh"); // on a phone, a refused form lies over the text, like a new one
  }
  const closed = ({ target }) => target.id === "mark-form" && !target.open && target.classList.remove("fresh");
  document.addEventListener("toggle", closed, true);

  // Pointing at a card highlights its marks.
  const near = (id, on) =>
    text
      .querySelectorAll(`mark[data-statement="${CSS.escape(id)}"]`)
      .forEach((mark) => mark.classList.toggle("near", on));
  for (const [name, on] of [["pointerover", true], ["pointerout", false]]) {
    document.addEventListener(name, ({ target }) => {
      const card = target.closest("[data-card]");
      if (card) {
        near(card.dataset.card, on);
      }
    });
  }
  const narrow = window.matchMedia("(max-width: 59.99rem)");
  text.addEventListener("click", (event) => {
    const id = event.target.closest("mark")?.dataset.statement;
    if (id && !event.ctrlKey && !event.metaKey && document.getSelection().isCollapsed) {
      event.preventDefault();
      desk.open(id);
    }
  });

  // The card of a statement that is marked in the text, in whichever part of the cards it is.
  desk.open = async (id) => {
    const card = () => document.getElementById(`statement-${id}`);
    const { href } = document.querySelector(`#mark-${id} > a`);
    if (!card()) {
      await htmx.ajax("GET", href.split("#")[0], { swap: "none" }); // the part of the cards that it is in
    }
    if (!card()) {
      location.assign(href);
      return;
    }
    desk.choose(card());
    if (narrow.matches) {
      location.hash = `statement-${id}`; // the style sheet shows the card over the text until the reader goes back
      document.getElementById(`mark-${id}`).scrollIntoView({ block: "start" });
    } else {
      desk.reveal(card()); // among the cards, which scroll by themselves: the text stays where it is read
    }
  };
})();
