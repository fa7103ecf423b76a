// Puts the selected passage into a form. A form that is half filled keeps the passage it has until somebody says so.
"use strict";

(() => {
  const PASSAGE = ["text", "start", "end"];
  const sources = (form) => [...form.querySelectorAll(".chosen input")].map(({ value }) => value).join();
  const sourcesAtFirst = new WeakMap();
  const see = (part) =>
    part.querySelectorAll("form:has([name=start])").forEach((form) => sourcesAtFirst.set(form, sources(form)));
  see(document);
  document.addEventListener("htmx:load", ({ target }) => see(target));

  const isTyped = (field) => {
    if (PASSAGE.includes(field.name) || ["hidden", "submit", "button", "fieldset"].includes(field.type)) {
      return false;
    }
    const chosen = field.options?.[field.selectedIndex];
    return field.options
      ? !chosen?.defaultSelected && field.selectedIndex > 0
      : field.value !== field.defaultValue || field.checked !== field.defaultChecked;
  };
  const isHalfFilled = (form) => [...form.elements].some(isTyped) || sources(form) !== (sourcesAtFirst.get(form) ?? "");

  const fill = (form, { passage, start, end }) => {
    form.querySelector(".ask")?.remove();
    const { text } = form.elements;
    Object.assign(text, { value: passage });
    Object.assign(form.elements.start, { value: start });
    Object.assign(form.elements.end, { value: end });
    text.dispatchEvent(new Event("passage", { bubbles: true }));
  };

  const button = (label, act, className = "") => {
    const made = document.createElement("button");
    Object.assign(made, { type: "button", className, textContent: label, onclick: act });
    return made;
  };

  // Below the passage. Nothing gets the focus, so that a selection by keys can go on.
  const ask = (form, found) => {
    const words = document.createElement("p");
    const passage = Object.assign(document.createElement("q"), { dir: "auto", textContent: shortened(found.passage) });
    words.append(...desk.sentence(gettext("The form is half filled. Put in %s as its passage?"), passage));
    const key = Object.assign(document.createElement("kbd"), { textContent: "r" });
    const take = button(gettext("Replace the passage"), () => desk.replacePassage(), "take");
    take.append(" ", key);
    const keep = button(gettext("Keep it"), () => desk.replacePassage(false), "second");
    const box = form.querySelector(".ask") ?? document.createElement("div");
    Object.assign(box, { className: "ask", found });
    box.setAttribute("role", "status");
    box.replaceChildren(words, take, " ", keep);
    const field = form.elements.text.closest("label");
    field.after(box);
    box.scrollIntoView({ block: "nearest" });
  };
  const shortened = (passage) => (passage.length > 120 ? `${passage.slice(0, 119)}…` : passage);

  desk.replacePassage = (isWanted = true) => {
    const box = [...document.querySelectorAll(".ask")].find((one) => one.checkVisibility());
    const form = box?.closest("form");
    if (form && isWanted) {
      fill(form, box.found);
    }
    box?.remove();
    form?.elements.text.focus({ preventScroll: true });
  };
  desk.keys.r = () => desk.replacePassage();

  desk.fillPassage = fill;

  // `found`: the passage, and its start and end in code points.
  desk.offerPassage = (form, found) => {
    const { text, start } = form.elements;
    if (text.value === found.passage && start.value === String(found.start)) {
      form.querySelector(".ask")?.remove();
    } else if (text.value && isHalfFilled(form)) {
      ask(form, found);
    } else {
      fill(form, found);
    }
  };
})();
