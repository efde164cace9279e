// The taps of a session. A tap is shown at once, kept in memory, and sent in order, one request at a time, until the server
// has said that it has it. A lost connection loses nothing; a key on each touch lets it be sent again without being counted
// twice. Nothing goes into the browser's stores: what is known about a person must not rest on a shared tablet.
(() => {
  "use strict";

  const WAITS = [1, 2, 4, 8, 15]; // seconds before another try
  const AT_ONCE = 50; // touches in one request
  const PATIENCE = 20; // seconds for one request
  const LATER = new Set([408, 425, 429]); // of the 4xx, those that mean: not now

  const root = document.querySelector("[data-touches]");
  if (!root) return;

  const find = (name) => root.querySelector(`[data-touches-${name}]`);
  const fault = find("fault");
  const waiting = []; // not yet known to be on the server, oldest first
  const done = []; // what undo can take back, oldest first
  const taken = new Set(); // keys that were taken back
  const openers = new Map(); // stop panel -> key of the touch that opened it
  let version = root.dataset.version ?? null;
  let sending = false;
  let halted = false;
  let failures = 0; // tries in a row without an answer
  let troubled = false; // something was said about it, so its end is said too
  let timer = 0;
  let renewed = false; // a new token was fetched for the taps that wait
  let drained = []; // who waits for the queue to be empty
  const stale = new Map(); // parts of the page that could not be loaded anew: target -> address

  // randomUUID is missing on plain http; random bytes are not.
  function uuid() {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }

  // --- what the therapist sees ---

  const counted = () => `${waiting.length} not sent yet`;

  function showStatus(aloud = "") {
    const status = find("status");
    if (status) {
      status.classList.toggle("is-waiting", waiting.length > 0);
      status.dataset.tries = failures;
      status.dataset.waits = counted();
      (find("text") ?? status).textContent = waiting.length ? counted() : "All saved";
      // Spoken only when something changed for the worse or the better: not at each tap.
      if (aloud && find("said")) find("said").textContent = aloud;
    }
    const list = find("list");
    if (!list) return;
    list.replaceChildren(...waiting.map((touch) => {
      const line = document.createElement("li");
      line.textContent = `${new Date(touch.at).toLocaleTimeString()}: ${touch.label || touch.kind}`;
      return line;
    }));
  }

  function halt(text, refused = null) {
    halted = true;
    troubled = true;
    clearTimeout(timer);
    showStatus(counted());
    if (fault) {
      find("fault-text").textContent = text;
      const drop = find("drop");
      if (drop) {
        drop.hidden = !waiting.some((touch) => touch.key === refused);
        drop.dataset.key = refused ?? "";
      }
      fault.hidden = false;
    }
    settle(false);
  }

  function settle(well) {
    const those = drained;
    drained = [];
    for (const resolve of those) resolve(well);
  }

  // --- sending ---

  async function send() {
    if (sending || halted) return;
    clearTimeout(timer);
    sending = true;
    try {
      while (waiting.length && !halted && (await sendSome())) showStatus();
    } finally {
      sending = false;
    }
    if (!waiting.length) {
      showStatus(troubled ? "All saved" : "");
      troubled = false;
      settle(true);
      for (const [target, url] of stale) load(target, url);
    }
  }

  const body = (touches) => JSON.stringify({
    person: root.dataset.person,
    session: root.dataset.session,
    version: version === null || version === "" ? null : Number(version),
    touches: touches.map(({ key, kind, data, at }) => ({ key, kind, data, at })),
  });

  // Sends the oldest touches once. True: go on with the next ones.
  async function sendSome() {
    const some = waiting.slice(0, AT_ONCE);
    const abort = new AbortController();
    const limit = setTimeout(() => abort.abort(), PATIENCE * 1000);
    let answer;
    let said = null;
    try {
      answer = await fetch(root.dataset.post, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": window.palpate.token() },
        body: body(some),
        credentials: "same-origin",
        cache: "no-store",
        redirect: "manual", // a redirect is the sign-in page; followed, it would look like success
        signal: abort.signal,
      });
      if (answer.ok || (answer.status >= 400 && answer.status < 500)) {
        const text = await answer.text(); // cut off half-way: as if there had been no answer
        try {
          said = JSON.parse(text);
        } catch {
          said = null; // no JSON: for a 4xx the status says enough, for a 2xx it is not our answer
        }
      }
    } catch {
      return again(0);
    } finally {
      clearTimeout(limit);
    }
    if (answer.type === "opaqueredirect" || answer.status === 401) {
      halt("You are signed out, so these taps are not saved yet. Leave this page open. Sign in again in another tab, then come back and press “Send again”.");
      return false;
    }
    if (answer.status >= 500 || LATER.has(answer.status)) return again(Number(answer.headers.get("Retry-After")) || 0);
    if (answer.status === 403 && !renewed && (await window.palpate.renew())) {
      renewed = true; // somebody signed in again in another tab: the same taps go once more
      return true;
    }
    if (!answer.ok) {
      halt(reason(answer.status, said), said?.key ?? null);
      return false;
    }
    const accepted = new Set(Array.isArray(said?.accepted) ? said.accepted : []);
    if (!some.some((touch) => accepted.has(touch.key))) {
      halt("The server's answer was not understood, so these taps may not be saved. Leave this page open and press “Send again”. If it stays, write them down: “Show what is not saved” lists them.");
      return false;
    }
    for (let index = waiting.length - 1; index >= 0; index -= 1) {
      if (accepted.has(waiting[index].key)) waiting.splice(index, 1);
    }
    failures = 0;
    renewed = false;
    if (said.version !== undefined) version = said.version;
    follow(said);
    return true;
  }

  function again(atLeast) {
    const wait = Math.max(atLeast, WAITS[Math.min(failures, WAITS.length - 1)]);
    failures += 1;
    troubled = true;
    timer = setTimeout(send, Math.min(wait, 120) * 1000);
    showStatus(failures === 1 ? `No connection. ${counted()}. They are kept and will be sent.` : "");
    settle(false);
    return false;
  }

  function reason(status, said) {
    const told = typeof said?.detail === "string" ? `${said.detail} ` : "";
    const rest = "Nothing is lost while this page stays open.";
    if (status === 409) return `${told || "This session was changed elsewhere, or this page belongs to another person. "}These taps are not saved. Check the name on top, open the session in a new tab and compare. ${rest}`;
    // A refused token would have the page opened again, and that would lose the taps: so our own words.
    const gone = status === 403 ? "" : told;
    if (status === 403 || status === 404) return `${gone || "This session is not there, or your sign-in no longer covers it. "}These taps are not saved. Sign in again in another tab, then press “Send again”. ${rest}`;
    if (status === 413) return `${told || "This is too much for one message. "}These taps are not saved. Shorten the last note, then press “Send again”. ${rest}`;
    return `${told || "The server could not take the first of these taps. "}They are not saved. “Show what is not saved” lists them. ${rest}`;
  }

  // --- what the server says ---

  // A part of the page, anew. Where the connection fails it is tried again once taps go through, or the line is back.
  function load(id, url) {
    const target = root.ownerDocument.querySelector(id);
    if (!target || !window.htmx) return;
    stale.delete(id);
    window.htmx.ajax("GET", url, { target, swap: "innerHTML" })?.catch?.(() => stale.set(id, url));
  }

  function follow(said) {
    for (const part of said.refresh ?? []) load(part.target, part.url);
    if (said.state !== undefined) root.dispatchEvent(new CustomEvent("palpate:state", { bubbles: true, detail: said.state }));
    if (said.stop && !taken.has(said.stop.key)) stop(said.stop.panel, said.stop.key ?? null, said.stop.text);
  }

  // --- stop: shown before anything is sent, so that it stands without a connection too ---

  function stop(id, key, text = "") {
    const named = id ? document.getElementById(id) : null;
    const panel = named ?? document.querySelector("[data-stop-panel]");
    if (!panel) {
      halt(text || "Stop the session now. This tap means stop, but the page that says what to do is missing.");
      return;
    }
    const extra = panel.querySelector("[data-stop-server]");
    if (extra && text) {
      extra.textContent = text;
      extra.hidden = false;
    }
    if (key) openers.set(panel, key);
    // Where it is not known which tap it was, there is nothing to take back: the only way is on.
    for (const closer of panel.querySelectorAll("[data-close]")) closer.hidden = !openers.has(panel);
    if (panel instanceof HTMLDialogElement) {
      if (!panel.open) panel.showModal();
    } else {
      panel.hidden = false;
    }
    panel.querySelector("h2")?.focus();
  }
  document.addEventListener("cancel", (event) => {
    if (event.target.matches?.("[data-stop-panel]")) event.preventDefault(); // Escape does not wave a stop away
  }, true);
  document.addEventListener("keydown", (event) => {
    // Chromium lets a second Escape close a dialog whose cancel was refused.
    if (event.key === "Escape" && document.querySelector("[data-stop-panel][open]")) event.preventDefault();
  }, true);

  // --- taps ---

  function add(kind, data, button, label = "") {
    const touch = { key: uuid(), kind, data, at: new Date().toISOString(), label: label || button?.textContent.trim() || kind };
    waiting.push(touch);
    showStatus();
    send();
    return touch;
  }

  const group = (button) => [...root.querySelectorAll("[data-touch][data-group]")]
    .filter((other) => other.dataset.group === button.dataset.group);
  const pressed = (button) => button.getAttribute("aria-pressed") === "true";

  function tap(button) {
    const { touch: kind, stop: panel } = button.dataset;
    const inGroup = button.dataset.group !== undefined;
    const multi = button.dataset.multi !== undefined;
    const stops = panel !== undefined && !(multi && pressed(button));
    if (stops) stop(panel, null); // before all else: nothing that fails below may keep it away
    if (inGroup && !multi && pressed(button)) {
      const first = done.findLast((one) => one.button === button);
      if (stops && first) stop(panel, first.touch.key);
      return; // a double tap says nothing new
    }
    const data = JSON.parse(button.dataset.value || "{}");
    const before = inGroup ? (multi ? [button] : group(button)).map((one) => [one, pressed(one)]) : [];
    if (inGroup) {
      const on = multi ? !pressed(button) : true;
      for (const one of multi ? [] : group(button)) one.setAttribute("aria-pressed", "false");
      button.setAttribute("aria-pressed", String(on));
      if (multi) data.on = on;
    }
    const touch = add(kind, data, button);
    done.push({ touch, button, before });
    if (stops) stop(panel, touch.key);
  }

  // Takes back one touch, the last that stands unless a key is given. The undo is a touch too, so nothing vanishes.
  function undo(key = null) {
    const index = key === null ? done.length - 1 : done.findIndex((one) => one.touch.key === key);
    const which = index < 0 ? null : done[index];
    if (!which && key === null) {
      window.palpate.say("There is no tap on this page left to take back.");
      return;
    }
    if (which) {
      done.splice(index, 1);
      // A later tap on the same buttons has the last word on how they look.
      const later = done.slice(index).some((one) => one.before.some(([button]) => which.before.some(([own]) => own === button)));
      if (!later) for (const [one, was] of which.before) one.setAttribute("aria-pressed", String(was));
      which.button?.dispatchEvent(new CustomEvent("palpate:undone", { bubbles: true, detail: which.touch }));
    }
    const takes = which?.touch.key ?? key;
    taken.add(takes);
    add("undo", { key: takes }, null, `Undo: ${which?.touch.label ?? "a tap"}`);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-touch], button[data-stop]");
    if (!button) return;
    const panel = button.closest("[data-stop-panel]");
    if (panel && button.dataset.close !== undefined) {
      const key = openers.get(panel);
      openers.delete(panel);
      if (panel instanceof HTMLDialogElement) panel.close();
      else panel.hidden = true;
      if (key && button.dataset.touch === "undo") undo(key);
    } else if (button.dataset.touch === "undo") {
      undo();
    } else if (button.dataset.touch === undefined) {
      stop(button.dataset.stop, null);
    } else {
      tap(button);
    }
  });
  root.addEventListener("palpate:touch", (event) => {
    done.push({ touch: add(event.detail.kind, event.detail.data, event.target), button: event.target, before: [] });
  });

  // Notes typed by hand are sent when they are left.
  const unsent = (field) => field.value !== (field.sent ?? field.defaultValue);
  root.addEventListener("change", (event) => {
    const field = event.target.closest("[data-touch-text]");
    if (!field || !unsent(field)) return;
    field.sent = field.value;
    add(field.dataset.touchText, { ...JSON.parse(field.dataset.value || "{}"), text: field.value }, null, "A note");
  });

  // --- the message about what went wrong ---

  find("retry")?.addEventListener("click", async () => {
    await window.palpate.renew(); // after a new sign-in the old token is refused
    halted = false;
    fault.hidden = true;
    send();
  });
  find("show")?.addEventListener("click", () => {
    find("list").hidden = !find("list").hidden;
  });
  find("drop")?.addEventListener("click", (event) => {
    const index = waiting.findIndex((touch) => touch.key === event.currentTarget.dataset.key);
    if (index < 0) return;
    const [left] = waiting.splice(index, 1);
    const at = done.findIndex((one) => one.touch.key === left.key);
    if (at >= 0) for (const [one, was] of done.splice(at, 1)[0].before) one.setAttribute("aria-pressed", String(was));
    window.palpate.say(`Left out: ${left.label}`);
    halted = false;
    fault.hidden = true;
    send();
  });

  // --- coming back, and leaving ---

  window.addEventListener("online", send);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") send();
  });
  const open = () => waiting.length > 0 || [...root.querySelectorAll("[data-touch-text]")].some(unsent);
  window.addEventListener("beforeunload", (event) => {
    if (!open()) return;
    event.preventDefault();
    event.returnValue = "";
  });
  window.addEventListener("pagehide", () => {
    // Whoever leaves all the same: one last try that outlives the page. What arrives twice counts once.
    if (!waiting.length || halted) return;
    fetch(root.dataset.post, {
      method: "POST",
      keepalive: true,
      headers: { "Content-Type": "application/json", "X-CSRFToken": window.palpate.token() },
      body: body(waiting.slice(0, AT_ONCE)),
    }).catch(() => {});
  });

  // A form or link with data-after-touches (sign the note, leave the session) goes only once everything has arrived.
  function whenEmpty() {
    if (!waiting.length) return Promise.resolve(true);
    if (halted) return Promise.resolve(false);
    return new Promise((resolve) => {
      drained.push(resolve);
      send();
    });
  }
  async function after(event, go) {
    if (!waiting.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (await whenEmpty()) go();
    else window.palpate.say(`Not yet: ${counted()}. Wait for the connection, or see the message on this page.`, "bad");
  }
  document.addEventListener("submit", (event) => {
    const { submitter } = event;
    if (event.target.matches("[data-after-touches]")) after(event, () => event.target.requestSubmit(submitter));
  }, true);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-after-touches]");
    if (link) after(event, () => link.click());
  }, true);

  // --- one step at a time; works without a connection, since all steps are in the page ---

  const steps = [...root.querySelectorAll("[data-step]")];
  if (steps.length) {
    const called = (id) => steps.find((one) => one.dataset.step === id);
    const go = (step, focus) => {
      for (const one of steps) one.hidden = one !== step;
      const progress = root.querySelector("[data-steps-progress]");
      if (progress) progress.textContent = `${steps.indexOf(step) + 1} of ${steps.length}: ${step.dataset.stepTitle ?? ""}`;
      if (!focus) return;
      window.scrollTo(0, 0);
      step.querySelector("h1, h2, h3")?.focus({ preventScroll: true });
    };
    const here = () => called(decodeURIComponent(location.hash.slice(1))) ?? called(root.dataset.stepStart) ?? steps[0];
    root.addEventListener("click", (event) => {
      const button = event.target.closest("[data-go]");
      const step = button && called(button.dataset.go);
      if (!step) return;
      history.pushState(null, "", `#${encodeURIComponent(step.dataset.step)}`);
      go(step, true);
    });
    window.addEventListener("popstate", () => go(here(), true));
    go(here(), false);
  }

  showStatus();
})();
