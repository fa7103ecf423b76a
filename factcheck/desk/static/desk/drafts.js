// Keeps what is typed into a form until it is done: for each user, page and form, in this tab. Never passwords, files
// or hidden fields, such as tokens and versions; but for the place of a passage that was chosen in the text.
"use strict";

(() => {
  const { user } = document.body.dataset;
  const SENT = "sent"; // the drafts of a form that has left the page, until its answer is here
  const sent = JSON.parse(desk.kept.get(SENT) || "null");
  desk.kept.set(SENT, "");
  if (!user) {
    desk.drafts = { restore: () => {}, drop: () => {} };
    return;
  }
  const own = `draft ${user} `;
  const NOT_KEPT = ["hidden", "password", "file", "submit", "button", "reset", "fieldset", "output"];

  // A form that was asked for by its address may be about what the address names.
  const page = location.pathname + (/[?&]form=/.test(location.search) ? location.search : "");
  const action = (form) => form.getAttribute("action") ?? "";
  const keyOf = (form) =>
    `${own}${page} ${form.closest("[id]")?.id} ${action(form)} ${form.elements._method?.value ?? ""}`;
  const read = (key) => JSON.parse(desk.kept.get(key) ?? "{}");
  const drop = (key) => desk.kept.set(key, "");
  const isLogOut = (form) => action(form) === "/logout/";

  // A chooser is a field with the property `kept`, as the others are with their value.
  const isBox = (field) => field.type === "checkbox";
  const nameOf = (field) => (isBox(field) ? `${field.name}=${field.value}` : field.name);
  const valueOf = (field) => field.kept ?? (isBox(field) ? field.checked : field.value);
  const fieldOf = (element) => element.closest(".chooser")?.owner ?? element;
  const fieldsOf = (form) => [...new Set([...form.elements].map(fieldOf))].filter(isKept);
  // Ticks are no text: one that came back unseen would be tagged with the others.
  const isKept = (field) => field.name && field.name !== "statements" && !NOT_KEPT.includes(field.type) && field.autocomplete !== "one-time-code";

  // Whether that changes the field.
  const put = (field, value) => {
    const before = JSON.stringify([field.kept, field.checked, field.value]);
    const { value: shown } = field;
    if (field.kept) {
      field.kept = value;
    } else if (isBox(field)) {
      field.checked = value;
    } else if (field.type === "radio") {
      field.checked = field.value === value;
    } else {
      field.value = value;
      if (field.selectedIndex === -1) {
        field.value = shown; // what was chosen is not offered any more
      }
    }
    return before !== JSON.stringify([field.kept, field.checked, field.value]);
  };

  // What is typed into a passage has no place any more.
  const placeOf = ({ name, form }, isChosen) =>
    name === "text" && form.elements.start
      ? { start: isChosen ? form.elements.start.value : "", end: isChosen ? form.elements.end.value : "" }
      : {};
  const putPlace = ({ elements }, { start, end }) => {
    Object.assign(elements.start, { value: start });
    Object.assign(elements.end, { value: end });
    const place = desk.text.passage(elements.start.form);
    if (place) {
      desk.text.show(place.start, place.end);
    } else {
      elements.start.value = elements.end.value = ""; // the text has changed since
    }
  };

  const keep = ({ target, type }) => {
    const form = target.closest("form") ?? target.form;
    const field = fieldOf(target);
    if (form?.method === "post" && isKept(field)) {
      const key = keyOf(form);
      const place = placeOf(field, type === "passage");
      desk.kept.set(key, JSON.stringify({ ...read(key), [nameOf(field)]: valueOf(field), ...place }));
    }
  };
  ["input", "passage", "chosen"].forEach((name) => document.addEventListener(name, keep));

  const discard = (form) => {
    form.reset();
    fieldsOf(form).forEach((field) => {
      if (field.kept) {
        field.kept = field.first;
      } else {
        field.dispatchEvent(new Event("input", { bubbles: true })); // a passage that is gone has no place in the text
      }
    });
    drop(keyOf(form));
    form.querySelector("textarea, select, input:not([type=hidden])")?.focus();
  };

  const say = (form) => {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "plain", textContent: gettext("Discard it") });
    const line = Object.assign(document.createElement("p"), { className: "is-back quiet", role: "status" });
    line.append(gettext("What you typed is back."), " ", button);
    button.addEventListener("click", () => {
      line.remove();
      discard(form);
    });
    form.querySelector(":scope > .is-back")?.remove();
    form.prepend(line);
    for (let folded = form.closest("details"); folded; folded = folded.parentElement.closest("details")) {
      folded.open = true;
    }
  };

  const restoreForm = (form) => {
    const draft = read(keyOf(form));
    const changed = fieldsOf(form).filter((field) => nameOf(field) in draft && put(field, draft[nameOf(field)]));
    if (draft.start && form.elements.start) {
      putPlace(form, draft);
    }
    if (changed.length) {
      say(form);
    }
  };
  desk.drafts = {
    restore: (part) => [part, ...part.querySelectorAll("form")].filter((one) => one.method === "post").forEach(restoreForm),
    drop: (form) => drop(keyOf(form)),
  };

  // A form that htmx sends.
  document.addEventListener("htmx:load", ({ target }) => desk.drafts.restore(target));
  document.addEventListener("htmx:beforeSwap", ({ detail: { requestConfig, xhr } }) => {
    if (requestConfig.elt.matches("form") && xhr.getResponseHeader("HX-Trigger-After-Swap")) {
      desk.drafts.drop(requestConfig.elt);
    }
  });

  // A form that leaves the page. It is done when its answer leads elsewhere or is no problem. A form that comes back
  // with errors goes on with the draft of the page that it came from.
  const [{ type, redirectCount, responseStatus } = {}] = performance.getEntriesByType("navigation");
  const isAnswer = redirectCount > 0 || (location.pathname === sent?.path && responseStatus < 400);
  if (sent && type === "navigate" && isAnswer) {
    sent.keys.forEach(drop);
  }
  window.addEventListener("submit", ({ target: form, defaultPrevented }) => {
    if (defaultPrevented || form.method !== "post") {
      return;
    }
    if (isLogOut(form)) {
      desk.kept.names().filter((name) => name.startsWith(own)).forEach(drop);
      return;
    }
    const path = new URL(action(form), location.href).pathname;
    const before = sent?.path === path ? sent.keys : [];
    desk.kept.set(SENT, JSON.stringify({ path, keys: [...before, keyOf(form)] }));
  });

  desk.drafts.restore(document);
})();
