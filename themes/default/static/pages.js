// Small comforts on top of pages that work without this file: nothing here is needed to sign in.
"use strict";

(() => {
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

  // The error summary takes the focus where the browser did not honour `autofocus`; otherwise the first empty field
  // does, but only beside a mouse: on a phone it would open the keyboard over the page.
  const focusFirst = () => {
    const summary = document.getElementById("error-summary");
    if (summary) {
      // One frame later the browser has done it, where it knows how.
      requestAnimationFrame(() => { if (document.activeElement !== summary) summary.focus(); });
      return;
    }
    if (!matchMedia("(pointer: fine)").matches || document.activeElement !== document.body) return;
    const empty = all("form[data-focus] input").find((input) => input.type !== "hidden" && !input.readOnly && !input.value);
    if (empty) empty.focus({ preventScroll: true });
  };

  const reveal = (button) => {
    const input = document.getElementById(button.dataset.reveal);
    const label = input.labels[0].textContent.trim();
    const show = (visible) => {
      input.type = visible ? "text" : "password";
      button.textContent = visible ? button.dataset.hide : button.dataset.show;
      button.setAttribute("aria-label", `${button.textContent}: ${label}`);
    };
    button.hidden = false;
    show(false);
    // The button's name says what it will do; a pressed state beside it would say everything twice.
    button.addEventListener("click", () => show(input.type === "password"));
    // Browsers and password managers only remember what leaves a password field.
    if (input.form) input.form.addEventListener("submit", () => { input.type = "password"; });
  };

  const watchCapsLock = (hint) => {
    const input = document.getElementById(hint.id.replace(/-caps$/, ""));
    const update = (event) => {
      const on = typeof event.getModifierState === "function" && event.getModifierState("CapsLock");
      const text = on ? hint.dataset.caps : "";
      if (hint.textContent !== text) hint.textContent = text;
    };
    input.addEventListener("keydown", update);
    input.addEventListener("keyup", update);
    input.addEventListener("blur", () => { hint.textContent = ""; });
  };

  // What can be judged here is ticked here; that a password is common or was used before, only the server knows.
  const RULES = {
    length: (password, n) => Array.from(password.normalize("NFKC")).length >= n,
    uppercase: (password) => /[A-Z]/.test(password),
    lowercase: (password) => /[a-z]/.test(password),
    number: (password) => /[0-9]/.test(password),
    symbol: (password) => /[\^$*.[\]{}()?\-"!@#%&/\\,><':;|_~`+=]/.test(password) || /\S \S/.test(password),
  };

  const tickRules = (input) => {
    const items = all("[data-rule]", document.getElementById(input.dataset.rules));
    const update = () => {
      for (const item of items) {
        const rule = RULES[item.dataset.rule];
        if (!rule) continue;
        const met = rule(input.value, Number(item.dataset.n));
        if (met === item.classList.contains("met")) continue;
        item.classList.toggle("met", met);
        const said = item.querySelector(".visually-hidden");
        if (met && !said) {
          const word = document.createElement("span");
          word.className = "visually-hidden";
          word.textContent = ` (${item.dataset.met})`;
          item.append(word);
        } else if (!met && said) {
          said.remove();
        }
      }
    };
    input.addEventListener("input", update);
    update();
  };

  // A complete code needs no button. Only once: whoever corrects a refused code wants to look at it first.
  const submitCompleteCode = (form) => {
    const input = form.querySelector("[data-code]");
    const button = form.querySelector("button[type=submit]");
    if (!input || !button || document.getElementById("error-summary")) return;
    let submitted = false;
    input.addEventListener("input", () => {
      if (submitted || !/^\s*\d{3}[\s-]?\d{3}\s*$/.test(input.value)) return;
      submitted = true;
      form.requestSubmit(button);
    });
  };

  // A second click while the first is on its way does nothing. The button is not disabled, because a disabled button
  // is not part of what a form sends. Coming back to the page makes it usable again.
  const submitOnce = (form) => {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = "yes";
      for (const button of all("button[type=submit]", form)) button.setAttribute("aria-disabled", "true");
    });
    addEventListener("pageshow", () => {
      delete form.dataset.sent;
      for (const button of all("button[type=submit]", form)) button.removeAttribute("aria-disabled");
    });
  };

  // The sign-out frames have answered, or have had their time: on to where the link leads.
  const continueWhenLoaded = (link) => {
    const frames = all("iframe");
    if (!frames.length) return;
    let waiting = frames.length;
    const go = () => { waiting = 0; location.replace(link.href); };
    const answered = () => { if (waiting > 0 && --waiting === 0) go(); };
    for (const frame of frames) {
      frame.addEventListener("load", answered, { once: true });
      frame.src = frame.dataset.address;
    }
    setTimeout(() => { if (waiting > 0) go(); }, 4000);
  };

  // The list as it is read, one code a line, for whoever keeps it in a password manager.
  const copyList = (button) => {
    const source = document.querySelector("[data-copy-source]");
    if (!source || !navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const lines = all("code", source).map((code) => code.textContent);
      try {
        await navigator.clipboard.writeText(`${lines.join("\n")}\n`);
        button.textContent = button.dataset.copied;
      } catch {
        getSelection().selectAllChildren(source);
      }
    });
  };

  all("[data-continue]").forEach(continueWhenLoaded);
  all("[data-reveal]").forEach(reveal);
  all("[data-copy]").forEach(copyList);
  all("[data-caps]").forEach(watchCapsLock);
  all("[data-rules]").forEach(tickRules);
  all("form[data-submit-code]").forEach(submitCompleteCode);
  all("form[data-once]").forEach(submitOnce);
  // An answer on its way to the application. Coming back to the page does not run this again, so nobody is caught in a loop.
  all("form[data-send-now]").forEach((form) => form.requestSubmit());
  focusFirst();
})();
