// What every page can do. No page has a script of its own: behaviour is asked for by data-attributes (templates/README.md).
// Nothing is kept in the browser's stores, and text reaches the page by textContent only.
(() => {
  "use strict";

  const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

  // --- toasts: they stay until they are closed, because a reader may be slow; at most three stand ---

  function say(text, kind = "") {
    const place = document.querySelector("[data-toasts]");
    if (!place) return;
    for (const standing of place.children) {
      if (standing.firstElementChild.textContent === text) standing.remove();
    }
    const toast = document.createElement("div");
    toast.className = kind ? `toast is-${kind}` : "toast";
    const words = document.createElement("p");
    words.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "Close";
    close.addEventListener("click", () => toast.remove());
    toast.append(words, close);
    place.append(toast);
    while (place.children.length > 3) place.firstElementChild.remove();
  }

  // --- after a new sign-in in another tab, this page's token is stale: take the new one, without loading the page anew ---

  // "here", "out" (somebody has to sign in), "again" (this page wants a fresh sign-in), "lost" (no connection), or "" where
  // the answer says none of these.
  async function whoAmI() {
    try {
      const answer = await fetch(location.pathname + location.search, { credentials: "same-origin" });
      const led = answer.redirected ? new URL(answer.url).pathname : "";
      if (led.startsWith("/account/again/")) return "again";
      if (led.startsWith("/account/")) return "out";
      if (led || !answer.ok) return "";
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const value = fresh.querySelector('meta[name="csrf-token"]')?.content;
      const meta = document.querySelector('meta[name="csrf-token"]');
      if (!value || !meta) return "";
      meta.content = value;
      for (const field of document.querySelectorAll('input[name="csrfmiddlewaretoken"]')) field.value = value;
      return "here";
    } catch {
      return "lost";
    }
  }
  const renew = async () => (await whoAmI()) === "here";

  window.palpate = Object.freeze({ say, token, renew });

  // --- where the places of the clinic do not all fit, the one that is open stands in sight ---

  const place = document.querySelector(".nav a[aria-current]");
  const places = place?.closest("ul");
  if (places && places.scrollWidth > places.clientWidth) places.scrollLeft = place.offsetLeft - places.clientWidth / 3;

  // --- display: shown at once; the server remembers it for the user ---

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-theme-form]");
    if (!form || !event.submitter) return;
    event.preventDefault();
    const theme = event.submitter.value;
    if (theme === "system") document.documentElement.removeAttribute("data-theme");
    else document.documentElement.dataset.theme = theme;
    for (const button of form.querySelectorAll("[aria-pressed]")) {
      button.setAttribute("aria-pressed", String(button === event.submitter));
    }
    fetch(form.action, {
      method: "POST",
      headers: { "X-CSRFToken": token(), "X-Palpate-Quiet": "1" },
      body: new URLSearchParams({ theme }),
    }).then((answer) => {
      if (!answer.ok) throw new Error("not kept");
    }).catch(() => say("The display was changed here, but the choice could not be kept.", "bad"));
  });

  // --- dialogs, confirmation, print ---

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) document.getElementById(opener.dataset.dialog)?.showModal();

    const asked = event.target.closest("[data-confirm]");
    if (asked && !asked.dataset.sure) {
      event.preventDefault();
      const dialog = document.getElementById(asked.dataset.confirm);
      dialog.confirms = asked;
      dialog.showModal();
    }
    const sure = event.target.closest("[data-confirmed]");
    if (sure) {
      const dialog = sure.closest("dialog");
      const button = dialog.confirms;
      dialog.close();
      if (button) {
        button.dataset.sure = "yes";
        button.click();
        delete button.dataset.sure;
      }
    }
    // Stop panels close through touches.js alone: a stop is not waved away.
    const closer = event.target.closest("[data-close]");
    if (closer && !closer.closest("[data-stop-panel]")) closer.closest("dialog")?.close();

    if (event.target.closest("[data-print]")) window.print();
  });

  // The menu of the user closes when the focus or a tap goes elsewhere.
  for (const kind of ["click", "focusin"]) {
    document.addEventListener(kind, (event) => {
      const menu = document.querySelector("details.me[open]");
      if (menu && !menu.contains(event.target)) menu.open = false;
    });
  }
  document.addEventListener("keydown", (event) => {
    const menu = document.querySelector("details.me[open]");
    if (event.key !== "Escape" || !menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  // --- forms: warn before something typed is lost; a second press sends nothing twice; filters send themselves ---

  // A form that stood open long may meet a session that has ended, and then what was typed would be gone with the page.
  // So it is asked first, and not where the page has just been loaded.
  const FRESH = 4 * 60 * 1000; // a session without use lives longer than this, in milliseconds
  let asked = performance.now();
  let sure = null; // the form that goes now, whatever the browser thinks of the connection
  const filled = new WeakSet(); // forms in which something was typed or chosen: the others have nothing to lose
  document.addEventListener("input", (event) => event.target.form && filled.add(event.target.form));
  document.addEventListener("submit", async (event) => {
    const { target: form, submitter } = event;
    const early = navigator.onLine && performance.now() - asked < FRESH;
    if (early || sure === form || form.method !== "post" || form.matches(".me form, [data-theme-form], [hx-post], [data-after-touches]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const found = await whoAmI();
    // Patients and clinicians by link never signed in, and who stands at the door is about to.
    const guest = document.body.matches(".is-phone") || /^\/(link|account|start)\//.test(location.pathname);
    if (found === "lost") {
      say("No connection. Nothing was saved yet, and what you typed is still here. Press again when the connection is back.", "bad");
    } else if (found === "out" && filled.has(form) && !guest) {
      say("You are signed out. Nothing was saved yet, and what you typed is still here. Sign in again in another tab, then press again.", "bad");
    } else if (found === "again" && filled.has(form)) {
      say("This page asks who you are once more. Nothing was saved yet, and what you typed is still here. Open this page in another tab, sign in there, then press again.", "bad");
    } else {
      asked = performance.now();
      sure = form;
      form.requestSubmit(submitter);
      sure = null;
    }
  }, true);

  const typed = new Set();
  document.addEventListener("input", (event) => {
    const form = event.target.closest("[data-guard]");
    if (form) typed.add(form);
  });
  document.addEventListener("change", (event) => {
    event.target.closest("[data-submit-on-change]")?.requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-once]")) {
      if (form.getAttribute("aria-busy") === "true") {
        event.preventDefault();
        return;
      }
      form.setAttribute("aria-busy", "true");
    }
    typed.delete(form);
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-once]")) form.removeAttribute("aria-busy");
  });
  window.addEventListener("beforeunload", (event) => {
    for (const form of typed) {
      if (form.isConnected) {
        event.preventDefault();
        event.returnValue = "";
      }
    }
  });

  // --- errors: the focus goes to the summary, from there each line leads to its field ---

  function toErrors(within) {
    within.querySelector("[data-error-summary]")?.focus();
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-error-summary] a[href^='#']");
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    field.focus();
    (field.closest(".field, fieldset") ?? field).scrollIntoView({ block: "center" });
  });
  toErrors(document);

  // --- HTMX ---

  // HTMX notes the address of the page in the tab's store. Addresses hold ids, and it needs the note only for a cache that is off.
  const forget = () => sessionStorage.removeItem("htmx-current-path-for-history");
  for (const kind of ["htmx:pushedIntoHistory", "htmx:replacedInHistory", "htmx:historyRestore"]) {
    document.addEventListener(kind, forget);
  }
  forget();

  const reference = (xhr) => {
    const number = xhr?.getResponseHeader("X-Request-ID");
    return number ? ` (number ${number})` : "";
  };
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    // A whole page in answer to a request for a part is the sign-in page: it must not land in the middle of this one.
    const { xhr, target, boosted } = event.detail;
    if (boosted || target === document.body || !/^\s*<!doctype/i.test(xhr.responseText.slice(0, 200))) return;
    event.detail.shouldSwap = false;
    say("You are signed out. Nothing was saved, and what you typed is still here. Sign in again in another tab, then repeat.", "bad");
    const form = event.detail.requestConfig?.elt?.closest("form");
    form?.removeAttribute("aria-busy");
  });
  document.addEventListener("htmx:afterSwap", (event) => toErrors(event.detail.target));
  document.addEventListener("htmx:afterRequest", (event) => {
    event.detail.elt.closest?.("form")?.removeAttribute("aria-busy");
  });
  document.addEventListener("htmx:responseError", async (event) => {
    const { xhr, elt } = event.detail;
    const form = elt.closest?.("[data-guard]");
    if (form) typed.add(form); // it was not saved after all
    if (xhr.status === 403 && (await renew())) {
      say("Your sign-in was renewed in between, so nothing was saved. Press once more.", "bad");
    } else if (xhr.status === 403 || xhr.status === 404) {
      say(`This is not there, or it is not yours to see. Nothing was saved.${reference(xhr)}`, "bad");
    } else if (xhr.status === 409) {
      say("Somebody has changed this meanwhile. Nothing was saved; what you typed is still here. Open the page in a new tab to compare.", "bad");
    } else if (xhr.status === 429) {
      say("Too many tries. Nothing was saved. Wait a minute, then repeat.", "bad");
    } else {
      say(`The server could not do this. Nothing was saved, and what you typed is still here. Try again in a minute.${reference(xhr)}`, "bad");
    }
  });
  for (const kind of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(kind, (event) => {
      const { target, requestConfig } = event.detail;
      if (target?.closest?.("[data-touches]")) return; // taps are kept, and touches.js says so
      const lost = requestConfig?.verb === "get" ? "This page is as it was" : "Nothing was saved, and what you typed is still here";
      say(`No connection. ${lost}. Try again when the connection is back.`, "bad");
    });
  }
  // HX-Trigger: {"say": "Saved."} and {"focus": "#id"}
  document.addEventListener("say", (event) => say(String(event.detail.value ?? ""), event.detail.kind ?? "good"));
  document.addEventListener("focus", (event) => {
    const wanted = event instanceof CustomEvent && event.detail?.value;
    if (wanted) requestAnimationFrame(() => document.querySelector(wanted)?.focus());
  });
})();
