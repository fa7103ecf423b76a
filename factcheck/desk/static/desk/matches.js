// “Recorded before” in the form that marks a passage, and “Said before” on a statement's page: the statements that
// are likely to say the same.
"use strict";

(() => {
  const DELAY = 300; // milliseconds after the last change of the passage
  const MATCHES = "/api/v1/statements/matches/";
  let running = new AbortController();
  let timer;

  const likely = async (address, options) => (await desk.page(address, options)).getElementById("likely");

  const look = async (field) => {
    const place = field.form.querySelector("#recorded-before");
    const token = field.form.elements.csrfmiddlewaretoken.value;
    running.abort(); // what is asked now is of another passage
    running = new AbortController();
    const { signal } = running;
    if (!field.value.trim()) {
      place.replaceChildren();
      return;
    }
    const body = new URLSearchParams({ text: field.value, csrfmiddlewaretoken: token });
    const found = await likely(MATCHES, { method: "POST", body, signal }).catch(() => null);
    if (signal.aborted) {
      return;
    }
    found?.removeAttribute("id");
    place.replaceChildren(...(found?.children.length ? [gettext("Recorded before:"), found] : []));
  };

  const lookLater = ({ target }) => {
    if (target.name === "text" && target.form.querySelector("#recorded-before")) {
      clearTimeout(timer);
      timer = setTimeout(() => look(target), DELAY);
    }
  };
  document.addEventListener("input", lookLater);
  document.addEventListener("passage", lookLater);
  const given = document.querySelector("#mark-form[open] textarea[name=text]");
  if (given?.value) {
    look(given);
  }

  document.querySelectorAll("[data-matches]").forEach(async (place) => {
    const found = await likely(place.dataset.matches).catch(() => null);
    if (found) {
      place.replaceChildren(found.children.length ? found : gettext("No other statement is likely to say the same."));
    }
  });
})();
