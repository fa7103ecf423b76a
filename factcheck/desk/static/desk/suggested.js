// The panel “Suggested” beside an article: its cards are those of the page of suggestions, and its forms go to the same
// addresses. Nothing is loaded before the panel is opened.
"use strict";

(() => {
  const panel = document.getElementById("suggested");
  if (!panel) {
    return;
  }
  const place = panel.querySelector(".suggestions");
  const done = panel.querySelector(".done");
  const start = place.querySelector("a").href;
  const kept = `suggested ${start}`; // whether the panel is open, also after a form was sent
  let undo = null; // takes the last act back

  const cards = () => [...place.querySelectorAll(".suggestion")];
  const current = () => document.activeElement.closest?.(".suggestion");

  const tell = (...words) => {
    document.getElementById("said").replaceChildren(); // about an act before this one
    done.replaceChildren(...words);
  };

  const link = (address, words) => Object.assign(document.createElement("a"), { href: address, textContent: words });

  const go = (card) => {
    card?.focus({ preventScroll: true });
    card?.scrollIntoView({ block: "nearest" });
  };

  const load = async (address) => {
    const found = (await desk.page(address).catch(() => null))?.getElementById("suggestions");
    if (!found) {
      tell(gettext("The suggestions could not be read."), " ", link(start, gettext("Open their page")));
      return false;
    }
    place.replaceChildren(...found.childNodes);
    desk.choosers(place);
    desk.drafts.restore(place);
    return true;
  };

  // A page that scrolled between press and release would take what is pressed from under the pointer.
  let isPointing = false;
  panel.addEventListener("pointerdown", () => (isPointing = true));
  ["pointerup", "pointercancel"].forEach((name) => window.addEventListener(name, () => (isPointing = false)));

  // The passage of a card in the text, whose marks must stay as they are.
  const highlight = (card) => {
    const text = document.getElementById("text");
    if (!text || !CSS.highlights) {
      return;
    }
    CSS.highlights.delete("suggested");
    if (!card) {
      return;
    }
    const points = [card.dataset.start, card.dataset.end];
    const range = desk.text.range(...points.map((point) => desk.text.unit(text.textContent, point)));
    CSS.highlights.set("suggested", new Highlight(range));
    if (!isPointing && window.matchMedia("(min-width: 60rem)").matches) {
      const { top, bottom } = range.getBoundingClientRect();
      if (top < 0 || bottom > window.innerHeight) {
        window.scrollBy(0, top - window.innerHeight / 3);
      }
    }
  };

  // What was recorded gets its mark and its card.
  const showRecorded = async () => {
    await htmx.ajax("GET", panel.dataset.article, { swap: "none" });
    highlight(current());
  };

  // Those within a card take its place.
  const remove = async (keys) => {
    const all = cards();
    const gone = all.filter((card) => keys.includes(card.id.replace("suggestion-", "")));
    const next = all.slice(all.indexOf(gone.at(-1)) + 1).find((card) => !gone.includes(card));
    const before = all.slice(0, all.indexOf(gone[0])).at(-1);
    gone.forEach((card) => card.replaceWith(...card.querySelectorAll(":scope > .suggestion")));
    if (!cards().length) {
      await load(start);
    }
    go(next?.isConnected ? next : before?.isConnected ? before : cards()[0] || panel.querySelector("summary"));
  };

  const send = async (form, button) => {
    const address = button.getAttribute("formaction") || form.action;
    const ask = () =>
      fetch(address, {
        method: "POST", body: new URLSearchParams(new FormData(form, button)), headers: { Accept: "application/json" },
      });
    const answer = await desk.send(ask).catch(() => null);
    return { ok: answer?.ok, body: await answer?.json().catch(() => null) };
  };

  const refuse = (form, problem) => {
    const details = problem?.errors?.map((error) => error.detail) || [problem?.detail || gettext("The service did not answer.")];
    const words = document.createElement("p");
    words.className = "error";
    words.setAttribute("role", "alert");
    words.append([gettext("Nothing was recorded."), ...details, ""].join(" "));
    if (problem?.status === 422) {
      words.append(Object.assign(link(start, gettext("Read them again")), { className: "again" }));
    }
    form.querySelector(":scope > .error")?.remove();
    form.prepend(words);
  };

  const undoButton = () => {
    const made = Object.assign(document.createElement("button"), { type: "button", className: "second", textContent: gettext("Undo") });
    made.addEventListener("click", () => undo?.());
    return made;
  };

  // What was recorded is deleted again, unless somebody has changed it since.
  const takeBack = async ({ statements, disputes }) => {
    undo = null;
    const rows = [...disputes.map((row) => ["disputes", row]), ...statements.map((row) => ["statements", row])];
    for (const [list, { id, version }] of rows) {
      const answer = await desk.send(() => {
        const headers = { Accept: "application/json", "If-Match": `"${version}"`, "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value };
        return fetch(`/api/v1/${list}/${id}/?${new URLSearchParams({ reason: gettext("Taken back.") })}`, { method: "DELETE", headers });
      }).catch(() => null);
      if (!answer?.ok) {
        tell((await answer?.json().catch(() => null))?.detail || gettext("The service did not answer."));
        return;
      }
    }
    await load(start);
    tell(gettext("Taken back."));
    go(cards()[0]);
    await showRecorded();
  };

  const recorded = async (form, button, body) => {
    const count = body.statements.length;
    const keys = button.name === "all" ? form.querySelectorAll("[name=key], [name=same_speaker]") : [form.elements.key];
    const [{ id }] = body.statements;
    const words =
      count === 1
        ? link(`/api/v1/statements/${id}/`, interpolate(gettext("statement %s"), [id]))
        : interpolate(ngettext("%s statement", "%s statements", count), [count]);
    const sentence = body.disputes.length ? gettext("Recorded: %s, with a dispute.") : gettext("Recorded: %s.");
    undo = "mayDelete" in panel.dataset ? () => takeBack(body) : null;
    await remove([...keys].map((field) => field.value));
    tell(...desk.sentence(sentence, words), ...(undo ? [" ", undoButton()] : []));
    await showRecorded();
  };

  const dismissed = async (form, button) => {
    const key = form.elements.key.value;
    undo = async () => {
      undo = null;
      form.insertAdjacentHTML("beforeend", '<input type="hidden" name="dismissed" value="false">');
      const { ok, body } = await send(form, button);
      if (ok && (await load(start))) {
        go(document.getElementById(`suggestion-${key}`) || cards()[0]);
        tell(gettext("It is suggested again."));
      } else if (!ok) {
        tell(body?.detail || gettext("The service did not answer."));
      }
    };
    await remove([key]);
    tell(gettext("Dismissed."), " ", undoButton());
  };

  const press = async (form, button) => {
    if (form.dataset.sent || !(button.formNoValidate || form.reportValidity())) {
      return;
    }
    form.dataset.sent = "yes";
    const { ok, body } = await send(form, button);
    delete form.dataset.sent;
    if (ok) {
      desk.drafts.drop(form);
    }
    if (!ok) {
      refuse(form, body);
    } else if (button.classList.contains("dismiss")) {
      await dismissed(form, button);
    } else if (button.classList.contains("again")) {
      await remove([form.elements.key.value]);
      tell(gettext("It is suggested again."));
    } else {
      await recorded(form, button, body);
    }
  };

  // The form to mark a passage, filled with what is suggested.
  const edit = async (address) => {
    const fresh = (await desk.page(address).catch(() => null))?.getElementById("mark-form");
    if (!fresh?.querySelector("textarea").value) {
      tell(gettext("It is no suggestion any more."), " ", Object.assign(link(start, gettext("Read them again")), { className: "again" }));
      return;
    }
    document.getElementById("mark-form").replaceWith(fresh);
    desk.choosers(fresh);
    desk.drafts.drop(fresh.querySelector("form"));
    htmx.process(fresh);
    fresh.classList.add("fresh");
    const field = fresh.querySelector("textarea");
    field.focus({ preventScroll: true });
    fresh.scrollIntoView({ block: "nearest" });
    field.dispatchEvent(new Event("passage", { bubbles: true }));
  };

  const step = (by) => {
    const all = cards();
    const at = all.indexOf(current());
    go(at < 0 ? all[by > 0 ? 0 : all.length - 1] : all[at + by]);
  };

  const click = (selector) => current()?.querySelector(`:scope > form ${selector}`)?.click();
  const keys = {
    y: () => click(".accept"),
    n: () => click(".dismiss"),
    e: () => click(".edit"),
    w: () => click(".all"),
    z: () => (undo ? undo() : desk.keys.z()),
    j: () => step(1),
    k: () => step(-1),
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
  };

  panel.addEventListener("keydown", (event) => {
    const { target, key } = event;
    const changes = event.ctrlKey || event.metaKey || event.altKey || event.isComposing;
    const isChoosing = key.startsWith("Arrow") && target.matches("input, summary");
    if (changes || isTyping(target) || isChoosing || !keys[key]) {
      return;
    }
    event.preventDefault();
    event.stopPropagation(); // outside of the panel, some of these keys do something else
    keys[key]();
  });

  panel.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    press(event.target, event.submitter || event.target.querySelector(".accept"));
  });

  panel.addEventListener("click", async (event) => {
    const found = event.target.closest("a[data-panel], a.again, a.edit");
    if (!found || event.ctrlKey || event.metaKey || event.shiftKey) {
      return;
    }
    event.preventDefault();
    if (found.matches(".edit")) {
      await edit(found.href);
    } else if (await load(found.href)) {
      tell();
      go(cards()[0] || panel.querySelector("summary"));
    }
  });

  panel.addEventListener("focusin", () => highlight(current()));
  panel.addEventListener("focusout", ({ relatedTarget }) => panel.contains(relatedTarget) || highlight(null));

  let loaded = null;
  const open = () =>
    (loaded ||= load(start).then((found) => {
      loaded = found ? loaded : null; // to be tried again
    }));
  const toggled = () => {
    desk.kept.set(kept, panel.open ? "open" : "");
    if (panel.open) {
      open();
    }
  };
  panel.open ||= desk.kept.get(kept) === "open";
  panel.addEventListener("toggle", toggled);
  toggled(); // a panel that was open from the beginning may have told so before anybody listened

  // What was marked or deleted beside the panel changes what is suggested.
  document.addEventListener("acted", ({ detail }) => {
    undo = null;
    done.replaceChildren();
    if (loaded && ["statement.created", "statement.deleted"].includes(detail.action)) {
      load(start);
    }
  });

  desk.keys.s = async () => {
    panel.open = true;
    await open();
    go(cards()[0] || panel.querySelector("summary"));
  };
})();
