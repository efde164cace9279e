// A signature on glass: strokes as numbers in a hidden field, no picture. Whoever cannot or will not draw types the name.
(() => {
  "use strict";

  const STROKES = 60; // a signature has fewer; the server refuses more
  const POINTS = 1500; // in all strokes together
  const APART = 1.5; // CSS pixels: points closer than this add nothing to be seen

  for (const root of document.querySelectorAll("[data-signature]")) start(root);

  function start(root) {
    const part = (name) => root.querySelector(`[data-signature-${name}]`);
    const pad = part("pad");
    const value = part("value");
    const name = part("name");
    // A page in the person's own language brings its words.
    const words = { not: "Not signed yet.", hand: "Signed by hand.", typed: "Signed by typing the name." };
    const say = (what) => root.dataset[`say${what[0].toUpperCase()}${what.slice(1)}`] ?? words[what];
    let strokes = [];
    let drawing = null;
    let size = [pad.clientWidth, pad.clientHeight]; // the box in which the strokes were drawn

    function keep() {
      const drawn = !part("draw").hidden;
      if (drawn && strokes.length) {
        value.value = JSON.stringify({ kind: "drawn", width: size[0], height: size[1], strokes });
      } else if (!drawn && name.value.trim()) {
        value.value = JSON.stringify({ kind: "typed", name: name.value.trim() });
      } else {
        value.value = "";
      }
      part("state").textContent = say(value.value ? (drawn ? "hand" : "typed") : "not");
      value.dispatchEvent(new Event("input", { bubbles: true }));
    }

    function paint() {
      const ratio = window.devicePixelRatio || 1;
      const [width, height] = [pad.clientWidth, pad.clientHeight];
      if (!width) return;
      pad.width = Math.round(width * ratio);
      pad.height = Math.round(height * ratio);
      const ink = pad.getContext("2d");
      ink.scale((ratio * width) / size[0], (ratio * height) / size[1]);
      ink.strokeStyle = getComputedStyle(pad).color;
      ink.lineWidth = 2.5;
      ink.lineCap = ink.lineJoin = "round";
      for (const stroke of strokes) {
        ink.beginPath();
        ink.moveTo(...stroke[0]);
        for (const point of stroke.slice(1)) ink.lineTo(...point);
        if (stroke.length === 1) ink.lineTo(stroke[0][0] + 0.1, stroke[0][1]); // a dot
        ink.stroke();
      }
    }

    function place(event) {
      const box = pad.getBoundingClientRect();
      const within = (at, most) => Math.round(Math.min(Math.max(at, 0), most) * 10) / 10;
      const [left, top] = [box.left + pad.clientLeft, box.top + pad.clientTop]; // inside the frame
      return [
        within(((event.clientX - left) / pad.clientWidth) * size[0], size[0]),
        within(((event.clientY - top) / pad.clientHeight) * size[1], size[1]),
      ];
    }

    pad.addEventListener("pointerdown", (event) => {
      const points = strokes.reduce((sum, stroke) => sum + stroke.length, 0);
      if (drawing !== null || strokes.length >= STROKES || points >= POINTS) return;
      if (!strokes.length) size = [pad.clientWidth, pad.clientHeight];
      event.preventDefault();
      pad.setPointerCapture(event.pointerId);
      drawing = event.pointerId;
      strokes.push([place(event)]);
      paint();
    });
    pad.addEventListener("pointermove", (event) => {
      if (event.pointerId !== drawing) return;
      const stroke = strokes.at(-1);
      for (const step of event.getCoalescedEvents?.() ?? [event]) {
        const [x, y] = place(step);
        const [lastX, lastY] = stroke.at(-1);
        const points = strokes.reduce((sum, one) => sum + one.length, 0);
        if (points < POINTS && Math.hypot(x - lastX, y - lastY) >= APART) stroke.push([x, y]);
      }
      paint();
    });
    for (const end of ["pointerup", "pointercancel"]) {
      pad.addEventListener(end, (event) => {
        if (event.pointerId !== drawing) return;
        drawing = null;
        keep();
      });
    }

    function show(typing) {
      part("draw").hidden = typing;
      part("typed").hidden = !typing;
      if (!typing) paint();
      keep();
    }
    part("clear").addEventListener("click", () => {
      strokes = [];
      paint();
      keep();
    });
    part("type").addEventListener("click", () => {
      show(true);
      name.focus();
    });
    part("pen").addEventListener("click", () => {
      show(false);
      part("type").focus();
    });
    name.addEventListener("input", keep);
    window.addEventListener("resize", paint);

    // A form that came back with errors brings its signature back too.
    let before = null;
    try {
      before = JSON.parse(value.value);
    } catch {
      before = null; // empty, or not ours: then it is not signed yet
    }
    if (before?.kind === "typed") {
      name.value = before.name;
      part("draw").hidden = true;
      part("typed").hidden = false;
    } else if (before?.kind === "drawn") {
      strokes = before.strokes;
      size = [before.width, before.height];
    }
    paint();
    part("state").textContent = say(before ? (before.kind === "typed" ? "typed" : "hand") : "not");
  }
})();
