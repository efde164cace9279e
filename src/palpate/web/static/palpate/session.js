// What the session page adds to touches.js: numbers by large buttons, a tap that is put together from several choices, and
// whether massage is open. It makes no touches itself: it only fills in what a button with data-touch will say.
(() => {
  "use strict";

  const root = document.querySelector("[data-touches]");
  if (!root) return;

  // --- a measured number: -5, -1, +1, +5, then one tap records it ---

  for (const stepper of root.querySelectorAll("[data-stepper]")) {
    const { test, when } = stepper.dataset;
    const low = Number(stepper.dataset.low);
    const high = Number(stepper.dataset.high);
    const face = stepper.querySelector("[data-stepper-value]");
    const keep = stepper.querySelector("[data-stepper-keep]");
    const said = stepper.querySelector("[data-stepper-said]");
    const unit = stepper.querySelector("[data-stepper-unit]").textContent;
    const write = () => {
      keep.dataset.value = JSON.stringify({ test, when, value: Number(face.textContent) });
    };
    for (const button of stepper.querySelectorAll("[data-step-by]")) {
      button.addEventListener("click", () => {
        const value = Math.min(high, Math.max(low, Number(face.textContent) + Number(button.dataset.stepBy)));
        face.textContent = String(value);
        keep.setAttribute("aria-pressed", "false");
        said.textContent = "Not recorded yet";
        write();
      });
    }
    keep.addEventListener("click", () => {
      said.textContent = `Recorded: ${face.textContent} ${unit}`;
    });
    keep.addEventListener("palpate:undone", () => {
      said.textContent = "Taken back";
    });
    write();
  }

  // --- a place that was pressed, or a treatment, chosen part by part ---

  for (const build of root.querySelectorAll("[data-build]")) {
    const picked = {};
    const needed = build.dataset.build.split(" ");
    const enders = [...build.querySelectorAll("[data-build-done]")];
    const said = build.querySelector("[data-build-said]");
    const picks = (name) => [...build.querySelectorAll(`[data-pick="${name}"]`)];

    const show = () => {
      for (const muscle of picks("muscle")) muscle.hidden = !muscle.dataset.where.split(" ").includes(picked.region);
      const ready = needed.every((name) => picked[name] !== undefined);
      for (const ender of enders) {
        ender.disabled = !ready;
        ender.dataset.value = JSON.stringify({ ...picked, ...JSON.parse(ender.dataset.also || "{}") });
      }
      if (ready) said.textContent = build.dataset.ready;
    };
    build.addEventListener("click", (event) => {
      const button = event.target.closest("[data-pick]");
      if (!button) return;
      const name = button.dataset.pick;
      const was = button.getAttribute("aria-pressed") === "true";
      for (const other of picks(name)) other.setAttribute("aria-pressed", "false");
      if (was) delete picked[name];
      else {
        button.setAttribute("aria-pressed", "true");
        picked[name] = button.dataset.number === undefined ? button.dataset.pickValue : Number(button.dataset.pickValue);
      }
      if (name === "region") {
        delete picked.muscle;
        for (const muscle of picks("muscle")) muscle.setAttribute("aria-pressed", "false");
      }
      show();
    });
    for (const ender of enders) {
      ender.addEventListener("click", () => {
        const what = ender.dataset.touch === "treat" ? "" : `: ${ender.textContent.trim().toLowerCase()}`;
        said.textContent = `Added${what}. Choose again for another.`;
      });
    }
    show();
  }

  // --- whether massage is open, as the server said last ---

  const told = root.querySelector("[data-live-said]");
  let before = null;
  root.addEventListener("palpate:state", (event) => {
    const { treat_open: open, why } = event.detail;
    const closed = root.querySelector("[data-treat-closed]");
    closed.hidden = open;
    root.querySelector("[data-treat-why]").textContent = why;
    root.querySelector("[data-treat-open]").hidden = !open;
    const words = open ? "Massage is open." : `Massage is not open. ${why}`;
    if (words !== before && told) told.textContent = words;
    before = words;
  });
})();
