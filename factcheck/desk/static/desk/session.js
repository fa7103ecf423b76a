// What is typed is sent although the session has ended or the CSRF token is stale: the password is asked for in place,
// the token is renewed, and the form goes again.
"use strict";

(() => {
  const { user } = document.body.dataset;
  if (!user) {
    return;
  }
  const SMALL = "/account/"; // a small page with a token; for nobody it is the page to log in
  const tokenOf = (page) => page.querySelector("[name=csrfmiddlewaretoken]").value;

  const say = (words) => {
    const line = document.createElement("p");
    line.textContent = words;
    document.getElementById("problem").replaceChildren(line);
  };

  // The page after the log-in; null if the user has closed the dialog.
  const logIn = (page) => {
    const dialog = document.getElementById("log-in-again").content.firstElementChild.cloneNode(true);
    const form = dialog.querySelector("form");
    const errors = dialog.querySelector(".errors");
    form.elements.csrfmiddlewaretoken.value = tokenOf(page);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const body = new URLSearchParams(new FormData(form));
      // Without a password the identity provider may have logged in, in another window.
      const asked = body.get("password") ? [form.action, { method: "POST", body }] : [SMALL, { cache: "no-store" }];
      const answer = await desk.page(...asked).catch(() => null);
      if (answer?.body.dataset.user) {
        dialog.page = answer;
        dialog.close();
        return;
      }
      form.elements.csrfmiddlewaretoken.value = answer ? tokenOf(answer) : form.elements.csrfmiddlewaretoken.value;
      if (answer?.getElementById("second-step")) {
        const link = Object.assign(document.createElement("a"), { href: "/login/second/", target: "_blank", textContent: gettext("in another window") });
        errors.replaceChildren(...desk.sentence(gettext("Do the second step %s, come back to this one, and send."), link));
        form.elements.password.required = false;
      } else {
        errors.textContent = answer?.querySelector(".errors")?.textContent.trim()
          || (answer ? gettext("You are not logged in yet.") : gettext("The service did not answer."));
      }
      errors.hidden = false;
      if (form.elements.password) {
        form.elements.password.value = "";
        form.elements.password.focus();
      }
    });
    dialog.querySelector(".close").addEventListener("click", () => dialog.close());
    document.body.append(dialog);
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => {
        dialog.remove();
        resolve(dialog.page ?? null);
      });
    });
  };

  // Whether the forms of this page can be sent now, as the user whose page it is.
  const renew = async (asks) => {
    let page = await desk.page(SMALL, { cache: "no-store" });
    if (asks && !page.body.dataset.user) {
      page = await logIn(page);
    }
    const now = page?.body.dataset;
    if (!page || (now.user && now.user !== user)) {
      if (page) {
        const names = { other: now.username, own: document.body.dataset.username };
        const words = gettext("You are now logged in as %(other)s, so this was not sent. Log in as %(own)s to send it.");
        say(interpolate(words, names, true));
      }
      return false;
    }
    document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((field) => (field.value = tokenOf(page)));
    return true;
  };
  let renewing = null;
  const renewOnce = (asks) => (renewing ||= renew(asks).finally(() => (renewing = null)));

  const REFUSED = [401, 403];

  // The answer to `ask`, which sends something with the token of the page, and may be called twice.
  desk.send = async (ask) => {
    const answer = await ask();
    return REFUSED.includes(answer.status) && (await renewOnce(true)) ? ask() : answer;
  };

  // What htmx sends.
  const repeated = new WeakSet();
  document.addEventListener("htmx:beforeOnLoad", async (event) => {
    const { elt, xhr, requestConfig } = event.detail;
    const isRefused = REFUSED.includes(xhr.status) || new URL(xhr.responseURL).pathname === "/login/";
    if (repeated.delete(elt) || !isRefused || !elt.matches("form, a")) {
      return;
    }
    event.preventDefault();
    if (await renewOnce(true).catch(() => say(gettext("The service did not answer.")))) {
      repeated.add(elt);
      (requestConfig.triggeringEvent?.submitter ?? elt.querySelector("button:not([type=button])") ?? elt).click();
    }
  });

  document.addEventListener("htmx:sendError", () => say(gettext("The service did not answer. What you typed is still here.")));

  // What leaves the page is asked about before, since the page would be gone with it. Until then desk.js holds back a
  // second click.
  const ready = new WeakSet();
  window.addEventListener("submit", async (event) => {
    const { target: form, submitter } = event;
    if (event.defaultPrevented || form.method !== "post" || ready.delete(form)) {
      return;
    }
    event.preventDefault();
    const isLogOut = form.getAttribute("action") === "/logout/";
    const maySend = await renewOnce(!isLogOut).catch(() => true); // the browser says what is wrong with the network
    delete form.dataset.sent;
    if (maySend) {
      ready.add(form);
      form.requestSubmit(submitter);
    }
  });
})();
