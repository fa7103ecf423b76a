// Keyboard shortcuts, and the dialog that lists them. Every page works without them.
"use strict";

document.documentElement.classList.add("scripted");

const desk = {
  cards: () => [...document.querySelectorAll("[data-card]")],

  current: () =>
    document.querySelector("[data-card].current") || document.querySelector("[data-card]:target") || null,

  // Highlights a card together with the marks of its statement, which it returns. Nothing scrolls.
  choose(card) {
    document.querySelectorAll(".current").forEach((one) => one.classList.remove("current"));
    card.classList.add("current");
    const marks = document.querySelectorAll(`mark[data-statement="${CSS.escape(card.dataset.card)}"]`);
    marks.forEach((mark) => mark.classList.add("current"));
    card.focus({ preventScroll: true });
    return marks;
  },

  show(card) {
    const [mark] = desk.choose(card);
    card.scrollIntoView({ block: "nearest" });
    mark?.scrollIntoView({ block: "nearest" });
  },

  step(by) {
    const cards = desk.cards();
    const at = cards.indexOf(desk.current());
    const next = at < 0 ? (by > 0 ? 0 : cards.length - 1) : at + by;
    if (cards[next]) {
      desk.show(cards[next]);
    } else {
      document.querySelector(`.parts a[rel=${by > 0 ? "next" : "prev"}]`)?.click();
    }
  },

  // A tag needs a reason, so the key only selects the button. Enter in the reason presses it.
  arm(tag) {
    const cards = desk.cards();
    const card = desk.current() || (cards.length === 1 ? cards[0] : null);
    const several = document.querySelector(".card [name=statements]:checked")?.form;
    const form = several ?? card?.querySelector("form.tagging");
    if (!form) {
      return;
    }
    form.querySelectorAll("button[name=tag]").forEach((button) => {
      button.classList.toggle("armed", button.value === tag);
    });
    form.elements.reason.focus();
  },

  // The pieces of a translated sentence, with an element in the place of its %s.
  sentence(words, element) {
    const [before, after] = words.split("%s");
    return [before, element, after];
  },

  // Another page of the desk, to take a part of it.
  async page(address, options = {}) {
    const answer = await fetch(address, { ...options, headers: { Accept: "text/html" } });
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  },

  // What this tab remembers. Nothing where the browser forbids it, or where it is full.
  kept: {
    get(name) {
      try {
        return sessionStorage.getItem(name);
      } catch {
        return null;
      }
    },
    set(name, value) {
      try {
        value ? sessionStorage.setItem(name, value) : sessionStorage.removeItem(name);
      } catch {
        // It is not remembered.
      }
    },
    names() {
      try {
        return Object.keys(sessionStorage);
      } catch {
        return [];
      }
    },
  },

  help: () => document.getElementById("keys")?.showModal(),

  keys: {
    j: () => desk.step(1),
    k: () => desk.step(-1),
    a: () => desk.arm("asserted"),
    d: () => desk.arm("denied"),
    u: () => desk.arm("unverified"),
    "/": () => document.getElementById("find")?.focus(),
    z: () => {
      const undo = [...document.querySelectorAll("#said button, .said .undo")];
      undo.find((one) => one.checkVisibility({ visibilityProperty: true }))?.click();
    },
    "?": () => desk.help(),
  },
};

// A second click while the server is slow must not record a thing twice.
document.addEventListener("submit", (event) => {
  if (event.target.method === "post" && !event.defaultPrevented) {
    if (event.target.dataset.sent) {
      event.preventDefault();
    }
    event.target.dataset.sent = "yes";
  }
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});

// Work on a form begins at its first field, or at the first that is to be corrected. When all scripts have built theirs.
document.addEventListener("DOMContentLoaded", () => {
  const fields = "input:not([type=hidden]), textarea, select";
  const first = document.querySelector("main [aria-invalid=true]") ?? document.querySelector("main form.form")?.querySelector(fields);
  if (!document.querySelector("main [autofocus]")) {
    first?.focus();
  }
});

document.querySelector("button.print")?.addEventListener("click", () => window.print());

// The fragment of the address may name something that is folded.
const target = document.getElementById(location.hash.slice(1));
if (target instanceof HTMLDetailsElement) {
  target.open = true;
}

const isTyping = (element) =>
  element.isContentEditable || element.matches("textarea, select, input:not([type=checkbox], [type=radio])");

document.addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) {
    return;
  }
  if (isTyping(target)) {
    const armed = target.name === "reason" && target.form?.querySelector("button.armed");
    if (key === "Escape") {
      target.blur();
    } else if (key === "Enter" && !event.shiftKey && armed) {
      event.preventDefault();
      armed.click();
    }
    return;
  }
  if (desk.keys[key] && !document.querySelector("dialog[open]")) {
    event.preventDefault();
    desk.keys[key]();
  }
});
