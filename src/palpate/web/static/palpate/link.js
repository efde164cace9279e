// The code of a one-time link stands after the sign # and never goes into an address that is asked for. It moves into the
// form, and the address forgets it at once, so that neither the history nor a later page has it. Nothing is sent by itself.
"use strict";
(function () {
  var field = document.querySelector("[data-link-secret] input[name=secret]");
  var code = window.location.hash.slice(1);
  if (!field || !code) { return; }
  window.history.replaceState(null, "", window.location.pathname);
  try { field.value = decodeURIComponent(code); } catch (_) { field.value = code; }
  var typed = document.querySelector("[data-link-typed]");
  var ready = document.querySelector("[data-link-ready]");
  if (typed) { typed.hidden = true; }
  if (ready) { ready.hidden = false; }
})();
