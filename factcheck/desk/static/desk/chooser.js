// Turns a field for a source or a statement into a search, with type-ahead and a form for a new source. Without
// JavaScript the field takes a name or a number. Text that was typed but not chosen is sent as well: the service
// accepts it if it is the name of exactly one row, and asks otherwise.
"use strict";

(() => {
  const DELAY = 180; // milliseconds after the last key
  let count = 0;

  const element = (name, attributes = {}, ...children) => {
    const node = document.createElement(name);
    Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value));
    node.append(...children);
    return node;
  };

  const CHOICES = "/choose/sources/"; // sources by similar names, those of the article first

  const labelOf = (row) => row.name || row.title || row.text?.slice(0, 90) || interpolate(gettext("number %s"), [row.id]);
  const TAGS = {
    asserted: pgettext("code", "asserted"),
    denied: pgettext("code", "denied"),
    unverified: pgettext("code", "unverified"),
  };
  const details = (row) => {
    if (row.name || !row.text) {
      return row.details || "";
    }
    const words = interpolate(gettext("statement %(id)s, %(tag)s"), { id: row.id, tag: TAGS[row.tag] }, true);
    return row.source ? `${words}, ${row.source.name}` : words;
  };

  const fetchJson = async (address, options = {}) => {
    const answer = await fetch(address, { ...options, headers: { Accept: "application/json", ...options.headers } });
    return { ok: answer.ok, status: answer.status, body: await answer.json().catch(() => ({})) };
  };

  class Chooser {
    constructor(box) {
      this.box = box;
      this.number = box.querySelector("input");
      this.name = this.number.name;
      this.multiple = "multiple" in box.dataset;
      this.list = box.querySelector(".chosen") || box.appendChild(element("ul", { class: "chosen" }));
      this.id = `chooser-${(count += 1)}`;
      this.build();
      this.showChosen();
      this.first = this.kept;
      this.box.owner = this;
    }

    // What is chosen and typed. drafts.js keeps it until the form is done.
    get kept() {
      const rows = [...this.list.children].map((item) => [item.querySelector("input").value, item.querySelector("span").textContent]);
      return { rows, typed: this.search.value };
    }

    set kept({ rows, typed }) {
      this.list.replaceChildren();
      rows.forEach(([id, label]) => this.add(id, label));
      this.search.value = typed;
      this.sendEmptyIfNone();
    }

    // The field of the server becomes the search field; hidden inputs send what is chosen.
    build() {
      const label = this.number.closest("label");
      const caption = label.firstChild.textContent.trim();
      this.search = element("input", {
        type: "text", role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list", autocomplete: "off",
        "aria-controls": this.id, "aria-label": caption, "data-noun": this.box.dataset.noun,
        placeholder: this.box.dataset.noun === "source" ? gettext("Type a name") : gettext("Type to search"),
      });
      if (this.number.getAttribute("aria-invalid")) {
        this.search.setAttribute("aria-invalid", "true");
      }
      this.options = element("ul", { class: "options", role: "listbox", id: this.id, "aria-label": caption, hidden: "" });
      this.number.replaceWith(this.search);
      label.after(this.options);
      this.search.value = this.box.dataset.typed || "";
      this.search.addEventListener("input", () => this.searchLater());
      this.search.addEventListener("focus", () => {
        if (this.offersUnasked() && !this.search.hasAttribute("aria-invalid")) { // a question stands below it
          this.runSearch();
        }
      });
      this.search.addEventListener("keydown", (event) => this.key(event));
      this.search.addEventListener("blur", () => {
        clearTimeout(this.timer);
        this.latest = null; // an answer that comes now would lie over what has the focus
        setTimeout(() => this.close(), 150);
      });
      this.box.closest("form").addEventListener("formdata", (event) => this.send(event.formData));
      this.box.querySelectorAll(".settle").forEach((fieldset) => this.offerCandidates(fieldset));
    }

    send(data) {
      const typed = this.search.value.trim();
      if (typed && this.multiple) {
        data.append(this.name, typed);
      } else if (typed) {
        data.set(this.name, typed);
      }
    }

    // The service asked about a name that it did not find: the answer becomes a chosen row like any other.
    offerCandidates(fieldset) {
      const { text } = fieldset.dataset;
      const answer = (act) => {
        fieldset.remove();
        this.search.value = this.search.value.split(text).join("").replace(/^[\s,]+|[\s,]+$/g, "");
        act();
      };
      fieldset.addEventListener("change", ({ target }) => {
        const label = target.closest("label").querySelector("bdi").textContent;
        answer(() => this.add(target.value.split(":")[0], label));
      });
      fieldset.querySelector(".make")?.addEventListener("click", (event) => {
        event.preventDefault();
        answer(() => this.create(text));
      });
    }

    showChosen() {
      const shown = [...this.list.children].map((item) => [item.dataset.id, item.textContent]);
      this.list.replaceChildren();
      shown.forEach(([id, label]) => this.add(id, label));
      this.sendEmptyIfNone();
    }

    add(id, label) {
      if (!this.multiple) {
        this.list.replaceChildren();
      }
      const text = element("span", { dir: "auto" }, label);
      const remove = element("button", { type: "button", "aria-label": interpolate(gettext("Remove %s"), [label]) }, "×");
      const item = element("li", {}, text, element("input", { type: "hidden", name: this.name, value: id }), remove);
      remove.addEventListener("click", () => {
        item.remove();
        this.sendEmptyIfNone();
        this.search.focus();
      });
      this.list.append(item);
      this.sendEmptyIfNone();
    }

    // With no row chosen an empty value is sent, which clears the field.
    sendEmptyIfNone() {
      this.box.querySelector("input[data-none]")?.remove();
      if (!this.list.children.length) {
        this.box.append(element("input", { type: "hidden", name: this.name, value: "", "data-none": "" }));
      }
      this.box.dispatchEvent(new Event("chosen", { bubbles: true }));
    }

    // Whether there is something to offer before anything is typed.
    offersUnasked() {
      return this.box.dataset.first || this.box.dataset.article || this.box.dataset.noun === "source";
    }

    // What is still offered does not answer what is typed now, so Enter must not take it.
    unpoint() {
      this.at = -1;
      this.search.removeAttribute("aria-activedescendant");
      [...this.options.children].forEach((item) => item.setAttribute("aria-selected", "false"));
    }

    searchLater() {
      this.unpoint();
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.runSearch(), DELAY);
    }

    async runSearch() {
      const typed = this.search.value.trim();
      const request = (this.latest = Symbol("request"));
      if (!typed && !this.offersUnasked()) {
        this.close();
        return;
      }
      if (this.box.dataset.noun === "source") {
        const asked = new URLSearchParams({ q: typed, article: this.box.dataset.article || "" });
        const { body } = await fetchJson(`${CHOICES}?${asked}`);
        if (request !== this.latest) {
          return;
        }
        const found = body.results || [];
        if (found.length || typed) {
          this.offer(found, typed);
        } else {
          this.close();
        }
        return;
      }
      const first = this.box.dataset.first;
      const query = `q=${encodeURIComponent(typed)}&page_size=12`;
      const sameArticle = first ? await fetchJson(`${this.box.dataset.list}${typed ? `${first.replace(/page_size=\d+/, query)}` : first}`) : null;
      const all = typed ? await fetchJson(`${this.box.dataset.list}?${query}`) : null;
      if (request !== this.latest) {
        return;
      }
      const rows = new Map();
      [sameArticle, all].forEach((answer) => answer?.body.results?.forEach((row) => rows.set(row.id, row)));
      this.offer([...rows.values()], typed);
    }

    offer(rows, typed) {
      const items = rows.map((row) => {
        const item = element("li", { role: "option", "aria-selected": "false" }, labelOf(row), element("small", {}, details(row)));
        item.choose = () => this.pick(row);
        return item;
      });
      if (typed && this.box.dataset.noun === "source" && "mayCreate" in this.box.closest("form").dataset) {
        const item = element("li", { role: "option", "aria-selected": "false" }, interpolate(gettext("New source “%s”…"), [typed]));
        item.choose = () => this.create(typed);
        items.push(item);
      }
      if (!items.length) {
        items.push(element("li", { role: "option", "aria-selected": "false", "aria-disabled": "true" }, gettext("Nothing found")));
      }
      items.forEach((item, index) => {
        item.id = `${this.id}-${index}`;
        item.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          item.choose?.();
        });
      });
      this.options.replaceChildren(...items);
      this.options.hidden = false;
      this.search.setAttribute("aria-expanded", "true");
      this.point(0);
    }

    point(index) {
      const items = [...this.options.children];
      this.at = (index + items.length) % items.length;
      items.forEach((item, other) => item.setAttribute("aria-selected", String(other === this.at)));
      this.search.setAttribute("aria-activedescendant", items[this.at].id);
      items[this.at].scrollIntoView({ block: "nearest" });
    }

    key(event) {
      if (this.options.hidden) {
        if (event.key === "Enter" && this.search.value) {
          event.preventDefault();
        }
        return;
      }
      const acts = {
        ArrowDown: () => this.point(this.at + 1),
        ArrowUp: () => this.point(Math.max(this.at, 0) - 1),
        Enter: () => this.options.children[this.at]?.choose?.(),
        Escape: () => this.close(),
      };
      if (acts[event.key]) {
        event.preventDefault();
        event.stopPropagation();
        acts[event.key]();
      }
    }

    close() {
      this.options.hidden = true;
      this.search.setAttribute("aria-expanded", "false");
      this.search.removeAttribute("aria-activedescendant");
    }

    pick(row) {
      this.search.value = "";
      this.add(row.id, labelOf(row));
      this.box.querySelectorAll(".settle").forEach((fieldset) => fieldset.remove());
      this.close();
    }

    // To the field after this one, or to this one if it takes several.
    goOn() {
      const isAfter = (field) => this.box.compareDocumentPosition(field) & Node.DOCUMENT_POSITION_FOLLOWING;
      const fields = [...this.box.closest("form").elements].filter((field) => !this.box.contains(field) && isAfter(field));
      const next = fields.find((field) => !field.matches("fieldset, [type=hidden]") && field.checkVisibility());
      (this.multiple ? this.search : (next ?? this.search)).focus();
    }

    // Shows the sources that are called nearly so, each as a button that takes it. False if there are none.
    async askIfNew(name, alike, make, panel) {
      const { body } = await fetchJson(`${CHOICES}?${new URLSearchParams({ name })}`);
      const rows = body.results || [];
      const items = rows.map((row) => {
        const take = element("button", { type: "button", class: "second" }, row.name);
        take.addEventListener("click", () => {
          panel.remove();
          this.pick(row);
          this.goOn();
        });
        return element("li", {}, take, " ", element("small", {}, row.details));
      });
      alike.replaceChildren(...(items.length ? [element("li", {}, gettext("Is it one of these?")), ...items] : []));
      make.textContent = items.length ? gettext("No, create another one") : gettext("Create the source");
      make.disabled = false;
      return items.length > 0;
    }

    // A fieldset, since forms cannot be nested.
    create(name) {
      this.close();
      this.box.querySelector(".create-source")?.remove();
      const kinds = {
        person: pgettext("code", "person"),
        organization: pgettext("code", "organization"),
        outlet: pgettext("code", "outlet"),
        document: pgettext("code", "document"),
        account: pgettext("code", "account"),
      };
      const title = element("input", { type: "text", value: name });
      const kind = element(
        "select", {}, element("option", { value: "" }, gettext("choose")),
        ...Object.entries(kinds).map(([value, word]) => element("option", { value }, word)),
      );
      const aliases = element("textarea", { rows: "2" });
      const anonymous = element("input", { type: "checkbox" });
      const error = element("p", { class: "error", role: "alert" });
      const alike = element("ul", { class: "alike" });
      const make = element("button", { type: "button" }, gettext("Create the source"));
      const cancel = element("button", { type: "button", class: "second" }, gettext("Cancel"));
      const panel = element(
        "fieldset", { class: "create-source" },
        element("legend", {}, gettext("New source")),
        element("label", {}, gettext("Name"), title),
        element("label", {}, gettext("Kind"), kind),
        element("label", {}, gettext("Other names, one per line"), aliases),
        element("label", { class: "box" }, anonymous, gettext("anonymous: the name is the article’s own words for the source")),
        error,
        alike,
        element("div", { class: "buttons" }, make, cancel),
      );
      cancel.addEventListener("click", () => {
        panel.remove();
        this.search.focus();
      });
      panel.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && event.target.matches("input, select")) {
          event.preventDefault(); // it would send the form around it
          make.click();
        }
      });
      let asked = null; // the name for which the question was put
      make.addEventListener("click", async () => {
        if (!kind.value) {
          error.textContent = gettext("Say what kind of source it is.");
          kind.focus();
          return;
        }
        error.textContent = "";
        make.disabled = true;
        if (asked !== title.value) {
          asked = title.value;
          if (await this.askIfNew(asked, alike, make, panel)) {
            return;
          }
        }
        const sent = {
          name: title.value, kind: kind.value, anonymous: anonymous.checked,
          aliases: aliases.value.split("\n").map((line) => line.trim()).filter(Boolean),
        };
        const { ok, body } = await desk.send(() => {
          const token = document.querySelector("input[name=csrfmiddlewaretoken]").value;
          const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
          return fetchJson(this.box.dataset.list, { method: "POST", headers, body: JSON.stringify(sent) });
        });
        make.disabled = false;
        if (!ok) {
          error.textContent = body.detail || gettext("That did not work.");
          return;
        }
        panel.remove();
        this.pick(body);
        this.goOn();
      });
      this.box.append(panel);
      title.focus();
    }
  }

  desk.choosers = (part) =>
    part.querySelectorAll(".chooser:not(:has([role=combobox]))").forEach((box) => new Chooser(box));
  desk.choosers(document);
  document.addEventListener("htmx:load", ({ target }) => desk.choosers(target));
})();
