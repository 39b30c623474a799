// Passkeys: the one thing on these pages that a browser can only do with a script. The server writes what it asks for into
// the page; this file hands it to the browser and puts the browser's answer into the form.
"use strict";

(() => {
  const all = (selector) => Array.from(document.querySelectorAll(selector));

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const known = (credentials) => (credentials || []).map((one) => ({ ...one, id: bytes(one.id) }));

  const toCreate = (options) => ({
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: known(options.excludeCredentials),
  });

  const toGet = (options) => ({
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: known(options.allowCredentials),
  });

  // WebAuthn §5.1 `toJSON`, spelt out for browsers that do not have it.
  const written = (credential) => {
    const { response } = credential;
    const parts = { clientDataJSON: text(response.clientDataJSON) };
    if (response.attestationObject) {
      parts.attestationObject = text(response.attestationObject);
      parts.transports = typeof response.getTransports === "function" ? response.getTransports() : [];
    } else {
      parts.authenticatorData = text(response.authenticatorData);
      parts.signature = text(response.signature);
      if (response.userHandle) parts.userHandle = text(response.userHandle);
    }
    return JSON.stringify({
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment || undefined,
      clientExtensionResults: credential.getClientExtensionResults(),
      response: parts,
    });
  };

  let waiting = null;

  const ask = async (form, mediation) => {
    if (waiting) waiting.abort();
    const stop = new AbortController();
    waiting = stop;
    const options = JSON.parse(form.dataset.passkeyOptions);
    const credential = form.dataset.passkey === "create"
      ? await navigator.credentials.create({ publicKey: toCreate(options), signal: stop.signal })
      : await navigator.credentials.get({
        publicKey: toGet(options), signal: stop.signal, ...(mediation ? { mediation } : {}),
      });
    if (!credential) return;
    form.querySelector("[name=credential]").value = written(credential);
    form.dataset.answered = "yes";
    form.requestSubmit(form.querySelector("button[type=submit]"));
  };

  const offer = (form) => {
    const trouble = form.querySelector("[data-passkey-trouble]");
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      if (form.dataset.answered) {
        delete form.dataset.answered;
        return;
      }
      event.preventDefault();
      trouble.textContent = "";
      try {
        await ask(form);
      } catch (error) {
        if (error.name !== "AbortError") trouble.textContent = trouble.dataset.passkeyTrouble;
      }
    });
  };

  // The browser offers passkeys among what it fills into the name's box, and asks nobody who does not choose one. After an
  // error nothing goes by itself: what was refused once would be refused again.
  const autofill = async (form) => {
    if (document.getElementById("error-summary")) return;
    try {
      if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
      await ask(form, "conditional");
    } catch {
      // Nothing was chosen, or the button was pressed: the page goes on as it is.
    }
  };

  // WebAuthn §5.1.10: what the server no longer knows, the device need not offer.
  const forget = async (note) => {
    try {
      await PublicKeyCredential.signalUnknownCredential?.(JSON.parse(note.dataset.passkeyGone));
    } catch {
      // The device keeps it; the page has said that it can be deleted there.
    }
  };

  const forms = all("form[data-passkey]");
  for (const note of all("[data-without-script]")) note.hidden = true;
  if (!window.PublicKeyCredential || !navigator.credentials) {
    for (const note of all("[data-without-passkeys]")) note.hidden = false;
    return;
  }
  forms.forEach(offer);
  forms.filter((form) => "passkeyAutofill" in form.dataset).forEach(autofill);
  all("[data-passkey-gone]").forEach(forget);
})();
