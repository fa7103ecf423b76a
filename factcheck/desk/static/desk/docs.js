// Makes Swagger UI usable with a screen reader and with the keyboard.
"use strict";

(() => {
  const ui = document.getElementById("swagger-ui");
  const each = (selector, fix) => ui.querySelectorAll(selector).forEach(fix);
  const say = (selector, name, value) =>
    each(`:is(${selector}):not([${name}])`, (one) => one.setAttribute(name, value instanceof Function ? value(one) : value));

  const nameOf = (control) =>
    control.closest("tr")?.querySelector(".parameter__name")?.firstChild.textContent ||
    control.closest("[data-property-name]")?.dataset.propertyName ||
    (control.closest(".servers") ? "Server" : control.matches(".examples-select-element") ? "Example" : "Request body");

  const fix = () => {
    // A button must not contain a link. Opening the operation changes the address anyway.
    each(".opblock-summary-control a[href]", (link) => link.removeAttribute("href"));
    each("table[role=region]", (table) => table.removeAttribute("role"));
    each(".auth-btn-wrapper [aria-label]", (button) => button.removeAttribute("aria-label")); // it says something else than the visible text
    say(".close-modal", "aria-label", "Close");
    // Heading levels continue from the title without a gap.
    for (const level of [3, 4, 5, 6]) {
      say(`h${level}`, "aria-level", level - 1);
    }
    say(".information-container, .scheme-container", "role", "region");
    say(".information-container", "aria-label", "About the API");
    say(".scheme-container", "aria-label", "Server and authorization");
    say("pre", "tabindex", "0"); // wide ones scroll
    say("select, textarea, input:not([type=hidden])", "aria-label", nameOf);
  };

  new MutationObserver(fix).observe(ui, { childList: true, subtree: true });
})();
