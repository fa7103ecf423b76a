// Acts on an article's page. htmx sends the forms and puts what has changed into its place; here is what it cannot know:
// which cards the page has, where somebody looks, what is being typed, and where a keyboard goes on.
"use strict";

(() => {
  const margin = document.getElementById("statements");
  if (!margin) {
    return;
  }
  const cardOf = (element) => element.closest("[data-card]");
  const topOf = (element) => element.getBoundingClientRect().top;
  const isInSight = (element) => topOf(element) < window.innerHeight && element.getBoundingClientRect().bottom > 0;
  const scrolls = () => getComputedStyle(margin).overflowY === "auto"; // beside the text, not below it
  let acting = null; // the card from which the last request came

  // A card that others have changed something about comes anew, whatever its statement's version.
  const versionOf = (part) => (part.closest(".card:has(> .news)") ? part.dataset.version.replace(/\d+$/, 0) : part.dataset.version);

  document.addEventListener("htmx:configRequest", ({ detail }) => {
    acting = cardOf(detail.elt);
    const said = document.getElementById("said");
    if (detail.verb === "post" && !said.contains(detail.elt)) {
      said.replaceChildren(); // about an act before this one
    }
    const shown = [...document.querySelectorAll("[data-version]")].map(versionOf);
    Object.assign(detail.headers, { Accept: "text/html", "Shown-Cards": shown.join(" ") });
  });

  // A card in which somebody types stays: what others changed in it is asked about when it is sent.
  const isTyped = (field) => field.type !== "hidden" && field.value !== field.defaultValue;
  document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
    const { target } = detail;
    if (target.matches("[data-card]") && target !== acting) {
      detail.shouldSwap = ![...target.querySelectorAll("textarea, input")].some(isTyped);
    }
  });

  // What is in sight stays where it is, whatever grows above it.
  let held = [];
  document.addEventListener("htmx:beforeSwap", () => {
    const card = [acting, ...desk.cards()].find((one) => one?.isConnected && isInSight(one));
    const text = document.getElementById("text");
    const isOverText = acting && getComputedStyle(acting).position === "fixed"; // on a phone
    const places = scrolls() ? [text, card] : [acting && !isOverText ? card : text];
    held = places.filter((place) => place && isInSight(place)).map((place) => [place, topOf(place)]);
  });
  const hold = () => {
    for (const [place, top] of held.filter(([one]) => one.isConnected)) {
      const scroller = scrolls() && margin.contains(place) ? margin : window;
      scroller.scrollBy({ top: topOf(place) - top, behavior: "instant" });
    }
  };

  document.addEventListener("htmx:afterSwap", hold);

  // Into sight, by scrolling the cards only. On a phone those are below the text, and scroll with the page.
  const show = (element) => {
    if (!scrolls()) {
      element.scrollIntoView({ block: "nearest" });
      return;
    }
    const [seen, place] = [margin.getBoundingClientRect(), element.getBoundingClientRect()];
    const [above, below] = [place.top - Math.max(seen.top, 0), place.bottom - Math.min(seen.bottom, window.innerHeight)];
    margin.scrollTop += above < 0 ? above : Math.max(0, Math.min(below, above));
  };

  desk.reveal = show;

  // A form that came, or that came back with errors. Its choosers are built before it settles.
  const FIELDS = "textarea, select, input:not([type=hidden]), button";
  document.addEventListener("htmx:afterSettle", ({ detail: { target, xhr } }) => {
    if (!target.matches("[hx-target=this]") || xhr.getResponseHeader("HX-Trigger-After-Swap")) {
      return;
    }
    const wrong = target.querySelector(".settle input, [aria-invalid]:not([role=combobox])");
    const field = wrong || target.querySelector(FIELDS);
    field?.focus({ preventScroll: true });
    const marking = target.querySelector("#mark-form");
    if (marking) {
      marking.classList.add("fresh"); // it lies over the text or over the cards
      marking.scrollTop += topOf(target.querySelector(".settle, .error") || field) - topOf(marking) - 96;
    } else {
      show(target);
    }
  });

  document.addEventListener("acted", ({ detail }) => {
    document.querySelectorAll("main > .said").forEach((message) => message.remove()); // of an act before this one
    const element = document.getElementById(detail.focus);
    if (element?.matches("[data-card]")) {
      desk.choose(element);
      if (scrolls() && !isInSight(element)) {
        show(element); // such as a new one
      }
    } else {
      element?.focus({ preventScroll: true });
    }
  });

  // The cards as they are now, also after others have changed them.
  const refresh = (source, card) => htmx.ajax("GET", desk.partWith(card), { source, swap: "none" });

  // What was taken back from the message of an act: its card, its mark and the counts are read again.
  document.addEventListener("undone", async ({ detail }) => {
    await refresh(margin, detail.statement ?? desk.cards()[0]?.dataset.card ?? "");
    const element = document.getElementById(detail.focus);
    element?.matches("[data-card]") ? desk.choose(element) : element?.focus({ preventScroll: true });
  });

  // Back shows the page as it was loaded, without what was done on it since.
  const [navigation] = performance.getEntriesByType("navigation");
  window.addEventListener("pageshow", ({ persisted }) => {
    if (margin.dataset.address && (persisted || navigation?.type === "back_forward")) {
      refresh(margin, desk.cards()[0]?.dataset.card || "");
    }
  });

  // Where something is typed, live.js shows the rest.
  document.addEventListener("shownews", (event) => {
    if (margin.dataset.address && ![...margin.querySelectorAll("textarea, input")].some(isTyped)) {
      event.preventDefault();
      refresh(margin, document.querySelector(".card.current")?.dataset.card || desk.cards()[0]?.dataset.card || "");
    }
  });

  margin.addEventListener("click", ({ target }) => {
    const place = target.matches(".close") && target.closest("[hx-target=this]");
    if (!place) {
      return;
    }
    const card = cardOf(place);
    place.replaceChildren();
    card.focus({ preventScroll: true });
    if (!place.matches(".place")) {
      refresh(card, card.dataset.card);
    }
  });
})();
