// The many cards of a long article: the next unverified one, a filter that keeps the place, and several to be tagged.
"use strict";

(() => {
  const margin = document.getElementById("statements");
  const text = document.getElementById("text");
  if (!margin) {
    return;
  }

  // The part of the cards that has this one, under the filter that the page's address names.
  desk.partWith = (id) => {
    const query = new URLSearchParams(location.search);
    ["at", "cards", "mark"].forEach((name) => query.delete(name));
    query.set("at", id);
    return `${margin.dataset.address}?${query}`;
  };

  const say = (words) => {
    const line = document.createElement("p");
    line.textContent = words;
    document.getElementById("said").replaceChildren(line);
  };

  // In the order of the text, from the card at hand; after the last one it begins again.
  desk.keys.n = async () => {
    const marks = [...(text?.querySelectorAll("mark[id]") ?? [])];
    const at = marks.findIndex((mark) => mark.dataset.statement === desk.current()?.dataset.card);
    const next = [...marks.slice(at + 1), ...marks.slice(0, at + 1)].find(
      ({ dataset }) => dataset.tag === "unverified" && !("outside" in dataset),
    );
    if (!next) {
      say(gettext("No statement here is unverified."));
      return;
    }
    await desk.open(next.dataset.statement);
    document.getElementById(next.id)?.scrollIntoView({ block: "nearest" });
  };

  // Later acts send the address, so the filter stays.
  const show = async (address) => {
    await htmx.ajax("GET", address, { source: margin, swap: "none" });
    history.replaceState(history.state, "", address);
  };
  const form = document.querySelector("#card-filter form");
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = [...new FormData(form)].filter(([, value]) => value);
    show(`${form.getAttribute("action")}?${new URLSearchParams(chosen)}`);
  });
  margin.addEventListener("click", (event) => {
    if (event.target.matches("a.unfilter") && margin.dataset.address && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      form.querySelectorAll("select").forEach((field) => (field.value = ""));
      show(event.target.getAttribute("href"));
    }
  });

  const ticks = () => [...document.querySelectorAll(".card [name=statements]")];
  const count = () => {
    const place = document.querySelector("#bulk .ticked");
    if (place) {
      const number = ticks().filter((tick) => tick.checked).length;
      place.textContent = interpolate(ngettext("%s ticked", "%s ticked", number), [number]);
    }
  };
  const tickAll = (isTicked) => {
    ticks().forEach((tick) => (tick.checked = isTicked));
    count();
  };
  margin.addEventListener("change", count);
  document.addEventListener("htmx:afterSettle", count);
  margin.addEventListener("click", ({ target }) => {
    if (target.matches(".tick-all, .tick-none")) {
      tickAll(target.matches(".tick-all"));
    }
  });
  desk.keys.x = () => {
    const tick = desk.current()?.querySelector("[name=statements]");
    tick?.click();
  };
})();
