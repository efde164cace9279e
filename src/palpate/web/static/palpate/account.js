// The pages of signing in: a link's code out of the address, and what to say when a passkey does not answer.
(() => {
  "use strict";

  // The code of a one-time link stands after the #, so no server or log sees it. It goes into its field, and out of the
  // address, so that it stays neither in the history nor on the screen.
  document.addEventListener("DOMContentLoaded", () => {
    const field = document.querySelector("[data-from-fragment]");
    const code = location.hash.slice(1);
    if (!field || !/^[A-Za-z0-9_-]{20,100}$/.test(code)) return;
    field.value = code;
    history.replaceState(null, "", location.pathname + location.search);
  });

  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    window.palpate?.say("The passkey did not answer. Nothing was done. Try again, or choose another way.", "bad");
  });
})();
