// The large clock of a session. It never counts ticks: each look takes the time of day, so that sleep, a hidden tab or a slow
// tablet make no difference. The device's clock may be wrong; only its difference to the server's time at loading is used.
(() => {
  "use strict";

  for (const root of document.querySelectorAll("[data-clock]")) start(root);

  function start(root) {
    const part = (name) => root.querySelector(`[data-clock-${name}]`);
    const ahead = root.dataset.now ? Date.parse(root.dataset.now) - Date.now() : 0; // ms: server minus device
    const now = () => Date.now() + ahead;
    let state = {
      since: root.dataset.start ? Date.parse(root.dataset.start) : null, // ms, or null: stands still
      before: Number(root.dataset.elapsed ?? 0) * 1000, // ms of earlier runs
      planned: Number(root.dataset.planned ?? 0), // minutes
    };
    const earlier = []; // states before each tap, for undo
    let said = false;
    let timer = 0;

    const elapsed = () => Math.max(0, state.before + (state.since === null ? 0 : now() - state.since));
    const face = (ms) => {
      const seconds = Math.floor(ms / 1000);
      const two = (number) => String(number).padStart(2, "0");
      return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
    };

    function show() {
      clearTimeout(timer);
      const spent = elapsed();
      const left = state.planned * 60_000 - spent;
      const down = root.dataset.clock === "down";
      part("face").textContent = down ? face(Math.max(0, Math.ceil(left / 1000) * 1000)) : face(spent);
      const over = state.planned > 0 && left <= 0;
      root.classList.toggle("is-over", over);
      const begun = spent > 0 || state.since !== null;
      const minutes = Math.ceil(Math.abs(left) / 60_000);
      if (!begun) part("left").textContent = `${state.planned} min planned`;
      else if (over) part("left").textContent = `${Math.floor(-left / 60_000)} min over the ${state.planned} planned`;
      else part("left").textContent = `${minutes} of ${state.planned} min left`;
      if (over && !said) part("said").textContent = `The planned ${state.planned} minutes are over.`;
      said = over;
      part("start").hidden = state.since !== null;
      part("start").textContent = begun ? "Go on" : "Start";
      part("stop").hidden = state.since === null;
      if (state.since !== null) timer = setTimeout(show, 1000 - (spent % 1000) + 5);
    }

    function change(to) {
      earlier.push(state);
      state = { ...state, ...to };
      show();
    }
    // Start and stop are taps with data-touch of their own; a change of plan tells touches.js by an event.
    part("start").addEventListener("click", () => {
      change({ since: now() });
      part("stop").focus();
    });
    part("stop").addEventListener("click", () => {
      change({ since: null, before: elapsed() });
      part("start").focus();
    });
    for (const [name, minutes] of [["less", -5], ["more", 5]]) {
      part(name).addEventListener("click", (event) => {
        const planned = Math.min(180, Math.max(5, state.planned + minutes));
        if (planned === state.planned) return;
        change({ planned });
        event.currentTarget.dispatchEvent(new CustomEvent("palpate:touch", {
          bubbles: true,
          detail: { kind: "planned_minutes", data: { minutes: planned } },
        }));
      });
    }
    root.addEventListener("palpate:undone", () => {
      state = earlier.pop() ?? state;
      show();
    });
    document.addEventListener("visibilitychange", show);
    show();
  }
})();
