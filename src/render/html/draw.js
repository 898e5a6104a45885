// Drawing: only the rows and marks that are on the screen. A mark is pale over the time in which it may lie, and solid
// where it surely is; an open end fades out with an arrow.
"use strict";

const canvas = document.querySelector("#frame canvas");
const frame = document.getElementById("frame");
const room = document.getElementById("room");
const pen = canvas.getContext("2d");
const AXIS = 22;
const FADE = 14;
let gutter = 150;
let colors = {};
let hits = []; // what can be pointed at, in the order of drawing
let size = { width: 0, height: 0, ratio: 1 };

const NAMES = ["paper", "ink", "faint", "line", "tint", "focus", "bad", "event", "tick", "batch", "request", "look",
  "journey"];

function readColors() {
  const style = getComputedStyle(document.documentElement);
  colors = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

// Where each shown lane stands, and how high all of them are.
function layout(shown) {
  let y = 0;
  for (const of of shown) {
    of.y = y;
    y += HEAD + of.rows.length * ROW + 4;
  }
  room.style.height = `${y + AXIS}px`;
  const height = Math.min(y + AXIS + 2, Math.max(220, Math.round(window.innerHeight * 0.7)));
  const width = frame.clientWidth;
  const ratio = window.devicePixelRatio || 1;
  if (size.width !== width || size.height !== height || size.ratio !== ratio) {
    size = { width, height, ratio };
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  gutter = width < 700 ? 84 : 150;
}

const xOf = (time, view) => gutter + ((time - view.lo) / (view.hi - view.lo)) * (size.width - gutter - 8);
const timeOf = (x, view) => view.lo + ((x - gutter) / (size.width - gutter - 8)) * (view.hi - view.lo);

function steps(view) {
  const wanted = (view.hi - view.lo) / Math.max(2, Math.floor((size.width - gutter) / 120));
  const power = 10 ** Math.floor(Math.log10(Math.max(1, wanted)));
  const nice = [1, 2, 5, 10].map((n) => n * power).find((step) => step >= wanted);
  return wanted > 20e6 ? [30e6, 60e6, 300e6, 600e6, 3600e6].find((step) => step >= wanted) || nice : nice;
}

function axis(view) {
  pen.fillStyle = colors.paper;
  pen.fillRect(0, 0, size.width, AXIS);
  const step = steps(view);
  const digits = step >= 1e6 ? 8 : 12;
  pen.font = "11px system-ui, sans-serif";
  pen.fillStyle = colors.faint;
  pen.fillText("UTC", 6, 15);
  let time = Math.ceil((view.lo + data.epoch) / step) * step - data.epoch;
  for (let n = 0; time <= view.hi && n < 100; n++, time += step) {
    const x = Math.round(xOf(time, view));
    pen.fillStyle = colors.line;
    pen.fillRect(x, AXIS - 5, 1, size.height);
    pen.fillStyle = colors.faint;
    if (x < size.width - 60) pen.fillText(clockTime(time).slice(0, digits), x + 4, 15);
  }
}

function clipped(text, width) {
  if (pen.measureText(text).width <= width) return text;
  let [lo, hi] = [0, Math.min(text.length, 300)];
  while (lo < hi) {
    const mid = (lo + hi + 1) >> 1;
    if (pen.measureText(`${text.slice(0, mid)}…`).width <= width) lo = mid;
    else hi = mid - 1;
  }
  return `${text.slice(0, lo)}…`;
}

function bar(x0, x1, y, height, color, alpha) {
  pen.globalAlpha = alpha;
  pen.fillStyle = color;
  pen.fillRect(x0, y, Math.max(1.5, x1 - x0), height);
}

function mark(of, m, y, view, color, strength) {
  const left = xOf(m.a0, view);
  const right = xOf(m.a1, view);
  const top = y + 4;
  const height = ROW - 8;
  let end = right;
  if (m.band) {
    end = xOf(Number.isNaN(m.b1) ? m.a1 : m.b1, view);
    bar(left, end, y + 1, ROW - 2, color, 0.16 * strength);
  } else if ((m.kind || of.kind) === "request") {
    bar(left, right, top, height, color, 0.85 * strength);
  } else if (Number.isNaN(m.b0)) {
    if (right - left < 4) bar(left, right, top, height, color, 0.9 * strength);
    else {
      // Somewhere in here: pale, with both ends marked.
      bar(left, right, top, height, color, 0.35 * strength);
      bar(left, left, top, height, color, 0.9 * strength);
      bar(right, right, top, height, color, 0.9 * strength);
    }
  } else {
    end = xOf(m.b1, view);
    bar(left, end, top + 2, height - 4, color, 0.35 * strength);
    const sure = [right, xOf(m.b0, view)];
    if (sure[1] >= sure[0]) bar(sure[0], sure[1], top, height, color, 0.85 * strength);
  }
  if (m.open) {
    pen.globalAlpha = 0.6 * strength;
    const [x, way] = m.open & 1 ? [left, -1] : [right, 1];
    pen.beginPath();
    pen.moveTo(x, top);
    pen.lineTo(x + way * FADE, top + height / 2);
    pen.lineTo(x, top + height);
    pen.fill();
    end = Math.max(end, x + FADE);
  }
  pen.globalAlpha = 1;
  return [left, Math.max(end, left + 3)];
}

// Draws one row; marks that fall on the same pixel as the one before are drawn once.
function drawRow(of, y, view, scene) {
  const until = view.hi;
  let labelEnd = -Infinity;
  for (const faded of scene.matches ? [true, false] : [false]) {
    let lastX = -Infinity;
    let lastColor = "";
    for (let at = of.first(view.lo); at < of.marks.length; at++) {
      const m = of.marks[at];
      if (m.a0 > until) break;
      if (scene.matches && scene.matches(of, m) === faded) continue;
      const name = m.color || of.color;
      const right = xOf(Number.isNaN(m.b1) ? m.a1 : m.b1, view);
      if (right <= lastX + 0.5 && name === lastColor && !scene.lit.has(m)) continue;
      const lit = scene.lit.has(m);
      const [x0, x1] = mark(of, m, y, view, colors[lit ? "journey" : name], faded ? 0.15 : 1);
      lastX = x1 - x0 > 3 ? lastX : x1;
      lastColor = name;
      if (!faded) hits.push({ x0, x1, y0: y, y1: y + ROW, row: of, mark: m, at });
      if (m.label && x0 > labelEnd && x0 > gutter - 4) {
        pen.font = "11px system-ui, sans-serif";
        pen.fillStyle = colors.ink;
        pen.fillText(m.label, x1 + 3, y + 13);
        labelEnd = x1 + 6 + pen.measureText(m.label).width;
      }
      if (lit) scene.points.push({ x: (x0 + Math.min(x1, xOf(m.a1, view) + 2)) / 2, y: y + ROW / 2, order: scene.lit.get(m) });
      if (scene.selected && scene.selected.mark === m) outline(x0, x1, y);
    }
  }
}

function outline(x0, x1, y) {
  pen.strokeStyle = colors.focus;
  pen.lineWidth = 2;
  pen.strokeRect(x0 - 3, y + 1.5, x1 - x0 + 6, ROW - 3);
}

function path(points) {
  const chains = new Map();
  for (const point of points) {
    const [chain, step] = point.order;
    if (!chains.has(chain)) chains.set(chain, []);
    chains.get(chain).push({ ...point, step });
  }
  pen.strokeStyle = colors.journey;
  pen.lineWidth = 1;
  pen.setLineDash([4, 3]);
  for (const chain of chains.values()) {
    chain.sort((a, b) => a.step - b.step);
    pen.beginPath();
    chain.forEach(({ x, y }, at) => (at ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.stroke();
  }
  pen.setLineDash([]);
}

// `scene`: shown lanes, view, lit marks with their order, a filter, the selected mark.
function draw(scene) {
  const { view } = scene;
  pen.setTransform(size.ratio, 0, 0, size.ratio, 0, 0);
  pen.fillStyle = colors.paper;
  pen.fillRect(0, 0, size.width, size.height);
  hits = [];
  scene.points = [];
  const scroll = frame.scrollTop;
  axis(view);
  pen.save();
  pen.beginPath();
  pen.rect(0, AXIS, size.width, size.height);
  pen.clip();
  for (const of of scene.shown) {
    const top = AXIS + of.y - scroll;
    const height = HEAD + of.rows.length * ROW;
    if (top > size.height || top + height < AXIS) continue;
    pen.fillStyle = colors.tint;
    pen.fillRect(0, top, size.width, HEAD);
    pen.save();
    pen.beginPath();
    pen.rect(gutter, AXIS, size.width - gutter, size.height);
    pen.clip();
    of.rows.forEach((row, at) => drawRow(row, top + HEAD + at * ROW, view, scene));
    pen.restore();
    pen.fillStyle = colors.ink;
    pen.font = "600 12px system-ui, sans-serif";
    const title = clipped(of.title, size.width - 20);
    pen.fillText(title, 6, top + 14);
    const after = 14 + pen.measureText(title).width;
    pen.font = "11px system-ui, sans-serif";
    pen.fillStyle = colors.faint;
    if (of.about && after < size.width - 40) pen.fillText(clipped(of.about, size.width - after - 6), after, top + 14);
    of.rows.forEach((row, at) => pen.fillText(clipped(row.name, gutter - 16), 12, top + HEAD + at * ROW + 13));
  }
  path(scene.points);
  pen.restore();
}
