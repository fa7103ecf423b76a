// Passkeys: the form is sent with what the browser's authenticator answers. Without a browser that knows them it stays
// hidden.
"use strict";

(() => {
  const { PublicKeyCredential } = window;
  if (!PublicKeyCredential?.parseRequestOptionsFromJSON) {
    return;
  }
  const ASK = {
    create: (options) =>
      navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }),
    get: (options) => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }),
  };
  const FAILED = {
    create: gettext("No passkey was made. It takes HTTPS and a host name, and a device that does not have one yet."),
    get: gettext("No passkey was used."),
  };

  // What the service wants proved, signed by the authenticator.
  const prove = async (form) => {
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    if (!answer.ok || !answer.headers.get("Content-Type").startsWith("application/json")) {
      throw new Error(answer.status);
    }
    return ASK[form.dataset.passkey](await answer.json());
  };

  document.querySelectorAll(".no-passkeys").forEach((line) => line.remove());
  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    const { credential } = form.elements;
    const errors = form.querySelector(".errors");
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      if (credential.value) {
        return;
      }
      event.preventDefault();
      try {
        credential.value = JSON.stringify(await prove(form));
        form.requestSubmit();
      } catch {
        errors.textContent = FAILED[form.dataset.passkey];
        errors.hidden = false;
      }
    });
  });
})();
