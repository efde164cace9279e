/* The body map as a field: touch a region to mark it, or draw on the body. Whatever can be done by touch can also be
   done with the boxes of the list, by keyboard. What is marked is kept in one hidden field as JSON, and nowhere else. */
"use strict";

(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const APART = 1.6; // units between two points of a line: nearer ones add nothing to see

  const round = value => Math.round(value * 10) / 10;

  const start = field => {
    if (field.dataset.bodymapReady) return;
    field.dataset.bodymapReady = "yes";
    const store = field.querySelector("[data-bodymap-value]");
    const status = field.querySelector("[data-bodymap-status]");
    const undo = field.querySelector("[data-bodymap-undo]");
    const clear = field.querySelector("[data-bodymap-clear]");
    const modes = [...field.querySelectorAll("[data-bodymap-mode]")];
    const views = new Map([...field.querySelectorAll("svg[data-view]")].map(svg => [svg.dataset.view, svg]));
    const boxes = new Map([...field.querySelectorAll("input[data-region-name]")].map(box => [box.value, box]));
    const mostStrokes = Number(field.dataset.mostStrokes);
    const mostPoints = Number(field.dataset.mostPoints);
    const earlier = [];
    let state = JSON.parse(store.value);
    let line = null; // the line being drawn: [view, points], with its path and pointer

    const outline = points => {
      const all = points.length > 1 ? points : [points[0], points[0]];
      return "M" + all.map(([x, y]) => `${x} ${y}`).join("L");
    };

    const pathIn = (view, points) => {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("class", "body-stroke");
      path.setAttribute("d", outline(points));
      views.get(view)?.querySelector("[data-strokes]").append(path);
      return path;
    };

    const words = () => {
      const names = state.regions.map(id => boxes.get(id)?.dataset.regionName ?? id);
      const { sayMarked, sayNothing, sayBetween } = field.dataset; // a page in the person's own language brings its words
      if (sayMarked) return names.length ? sayMarked.replace("…", names.join(sayBetween)) : sayNothing;
      const count = state.strokes.length;
      const said = [];
      if (names.length) said.push(`Marked: ${names.join("; ")}.`);
      if (count) said.push(count === 1 ? "1 line was drawn." : `${count} lines were drawn.`);
      return said.join(" ") || "Nothing is marked on the body.";
    };

    const show = () => {
      const chosen = new Set(state.regions);
      for (const [id, box] of boxes) box.checked = chosen.has(id);
      for (const shape of field.querySelectorAll("[data-shape]")) {
        shape.classList.toggle("is-chosen", chosen.has(shape.dataset.shape));
      }
      for (const svg of views.values()) svg.querySelector("[data-strokes]").replaceChildren();
      for (const [view, points] of state.strokes) pathIn(view, points);
      undo.disabled = earlier.length === 0;
      clear.disabled = state.regions.length + state.strokes.length === 0;
      status.textContent = words();
    };

    const change = next => {
      earlier.push(state);
      state = next;
      keep();
    };

    const keep = () => {
      store.value = JSON.stringify(state);
      show();
      store.dispatchEvent(new Event("change", { bubbles: true })); // for whoever watches for unsaved answers
    };

    const toggle = id => {
      const regions = state.regions.includes(id) ? state.regions.filter(one => one !== id) : [...state.regions, id];
      change({ ...state, regions });
    };

    const place = (svg, event) => {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      const { width, height } = svg.viewBox.baseVal;
      return [round(Math.min(Math.max(at.x, 0), width)), round(Math.min(Math.max(at.y, 0), height))];
    };

    const begin = (view, point, pointer) => {
      line = { view, points: [point], path: pathIn(view, [point]), pointer };
    };

    const finish = () => {
      if (!line) return;
      const { view, points } = line;
      line = null;
      change({ ...state, strokes: [...state.strokes, [view, points]] });
    };

    const drawing = () => field.classList.contains("is-drawing");

    for (const [view, svg] of views) {
      svg.addEventListener("click", event => {
        const region = event.target.closest("[data-region]");
        if (region && !drawing()) toggle(region.dataset.region);
      });
      svg.addEventListener("pointerdown", event => {
        if (!drawing() || line || event.button > 0) return;
        if (state.strokes.length >= mostStrokes) {
          status.textContent = `No more than ${mostStrokes} lines can be kept. Undo one, or clear all.`;
          return;
        }
        event.preventDefault();
        svg.setPointerCapture(event.pointerId);
        begin(view, place(svg, event), event.pointerId);
      });
      svg.addEventListener("pointermove", event => {
        if (line?.pointer !== event.pointerId || line.view !== view) return;
        const moves = event.getCoalescedEvents?.() ?? [];
        for (const move of moves.length ? moves : [event]) {
          const point = place(svg, move);
          const last = line.points[line.points.length - 1];
          if (Math.hypot(point[0] - last[0], point[1] - last[1]) < APART) continue;
          if (line.points.length >= mostPoints) {
            finish();
            if (state.strokes.length >= mostStrokes) return;
            begin(view, last, event.pointerId);
          }
          line.points.push(point);
        }
        line.path.setAttribute("d", outline(line.points));
      });
      for (const kind of ["pointerup", "pointercancel"]) {
        svg.addEventListener(kind, event => {
          if (line?.pointer === event.pointerId) finish();
        });
      }
    }

    for (const [id, box] of boxes) {
      box.removeAttribute("name"); // the hidden field speaks for all boxes from now on
      box.addEventListener("change", event => {
        event.stopPropagation();
        toggle(id);
      });
    }
    for (const button of modes) {
      button.addEventListener("click", () => {
        field.classList.toggle("is-drawing", button.dataset.bodymapMode === "draw");
        for (const one of modes) one.setAttribute("aria-pressed", String(one === button));
      });
    }
    undo.addEventListener("click", () => {
      if (!earlier.length) return;
      state = earlier.pop();
      keep();
    });
    clear.addEventListener("click", () => change({ regions: [], strokes: [] }));
    field.querySelector("[data-bodymap-tools]").hidden = false;
    show();
  };

  const startAll = root => {
    for (const field of root.querySelectorAll("[data-bodymap]")) start(field);
    if (root.matches?.("[data-bodymap]")) start(root);
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => startAll(document));
  else startAll(document);
  document.addEventListener("htmx:load", event => startAll(event.detail.elt));
})();
