// The view and what changes it: pointer, keys, filters, the address.
"use strict";

const find = (id) => document.getElementById(id);
const picks = { spec: find("pick-spec"), store: find("pick-store"), id: find("pick-id") };
const [detail, tip, count] = [find("detail"), find("tip"), find("count")];
const whole = extent();
const state = { view: { lo: whole[0], hi: whole[1] }, spec: "", store: "", id: "", selected: null };
const scene = { shown: [], view: state.view, lit: new Map(), matches: null, selected: null, points: [] };

// Raw lines by their place: those that the answer cites.
const quotes = new Map(data.quotes.map(([file, line, text]) => [`${file}:${line}`, text]));

function option(select, value, text) {
  const made = document.createElement("option");
  made.value = value;
  made.textContent = text.length > 90 ? `${text.slice(0, 89)}…` : text;
  select.append(made);
}

// Lines of text as elements: what comes out of a bundle only ever becomes text.
function tell(into, what) {
  const lines = what ? [what.title, ...what.lines.filter(Boolean)] : [];
  const made = lines.map((line, at) => {
    const p = document.createElement(at ? "p" : "strong");
    p.textContent = line;
    return p;
  });
  if (what && what.places.length) {
    for (const [file, line] of what.places) {
      const place = document.createElement("code");
      place.textContent = placeText(file, line);
      place.title = `${data.files[file]}:${line}`;
      const p = document.createElement("p");
      p.append(place);
      made.push(p);
      const quote = quotes.get(`${file}:${line}`);
      if (!quote) continue;
      const raw = document.createElement("code");
      raw.className = "raw";
      raw.textContent = quote;
      made.push(raw);
    }
  }
  into.replaceChildren(...made);
}

const described = (row, mark) => describe[mark.kind || row.kind](mark.id, mark.spec, mark.which);

// ---- filters

function currentSpec() {
  return state.spec === "" ? data.main : Number(state.spec);
}

function matching(text) {
  const word = text.toLowerCase();
  const strings = new Set();
  data.strings.forEach((string, at) => { if (string.toLowerCase().includes(word)) strings.add(at); });
  const [inEvents, inBatches, inRequests] = [new Set(), new Set(), new Set()];
  for (let at = 0; at < events.count; at++) {
    if (!strings.has(events.kind[at]) && !strings.has(events.id[at])) continue;
    inEvents.add(at);
    const batch = events.batch[at];
    if (batch === null) continue;
    inBatches.add(batch);
    if (batches.request[batch] !== null) inRequests.add(batches.request[batch]);
  }
  const sets = { event: inEvents, batch: inBatches, request: inRequests };
  count.textContent = `${inEvents.size} of ${events.count} events`;
  return (row, mark) => {
    const kind = mark.kind || row.kind;
    if (sets[kind]) return sets[kind].has(mark.id);
    return kind === "tick" ? false : true;
  };
}

function light() {
  scene.lit = new Map();
  const spec = currentSpec();
  if (spec === null || !data.specs[spec]) return;
  const wanted = new Map();
  data.specs[spec].awaited.forEach(({ event }, chain) => {
    if (event === null) return;
    wanted.set(`event ${event}`, [chain, 0]);
    const batch = events.batch[event];
    if (batch === null) return;
    wanted.set(`batch ${batch}`, [chain, 1]);
    if (batches.request[batch] !== null) wanted.set(`request ${batches.request[batch]}`, [chain, 2]);
  });
  for (const { rows } of drawn) {
    for (const row of rows) {
      for (const mark of row.marks) {
        const order = wanted.get(`${mark.kind || row.kind} ${mark.id}`);
        if (order && row.lane.group !== "errors") scene.lit.set(mark, order);
        if (mark.kind === "link" && mark.spec === spec) scene.lit.set(mark, [mark.which + 1000, mark.id]);
      }
    }
  }
}

function refilter() {
  const own = state.spec === "" ? null : data.specs[currentSpec()];
  scene.shown = drawn.filter((of) => {
    if (of.group === "spec") return own === null || of.key === currentSpec();
    if (of.group !== "store") return true;
    if (state.store !== "") return of.key === Number(state.store);
    return own === null || own.store === null || of.key === own.store;
  });
  count.textContent = "";
  scene.matches = state.id ? matching(state.id) : null;
  light();
  layout(scene.shown);
}

// ---- painting and the address

let waiting = false;
function paint() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    scene.view = state.view;
    scene.selected = state.selected;
    draw(scene);
    document.documentElement.dataset.drawn = hits.length;
  });
}

let saving = 0;
function save() {
  clearTimeout(saving);
  saving = setTimeout(() => {
    const parts = new URLSearchParams();
    parts.set("t", `${Math.round(state.view.lo)},${Math.round(state.view.hi)}`);
    for (const name of ["spec", "store", "id"]) if (state[name] !== "") parts.set(name, state[name]);
    const chosen = state.selected;
    if (chosen) {
      const { mark, row } = chosen;
      parts.set("at", [mark.kind || row.kind, mark.id, mark.spec ?? "", mark.which ?? ""].join("."));
    }
    saved = `#${parts}`;
    history.replaceState(null, "", saved);
  }, 150);
}
let saved = "";

function changed() {
  paint();
  save();
}

function look(lo, hi) {
  const middle = (lo + hi) / 2;
  const half = Math.min(Math.max((hi - lo) / 2, 50), (whole[1] - whole[0]) * 2 + 1e6);
  state.view = { lo: middle - half, hi: middle + half };
  changed();
}

function zoom(factor, at = (state.view.lo + state.view.hi) / 2) {
  const { lo, hi } = state.view;
  look(at - (at - lo) * factor, at + (hi - at) * factor);
}

function pan(part) {
  const by = (state.view.hi - state.view.lo) * part;
  look(state.view.lo + by, state.view.hi + by);
}

const margin = (lo, hi) => Math.max((hi - lo) * 0.06, 1000);
const showAll = () => look(whole[0] - margin(...whole), whole[1] + margin(...whole));

function showSpec() {
  const number = currentSpec();
  const of = drawn.find((one) => one.group === "spec" && one.key === number);
  if (!of) return showAll();
  const lo = Math.min(...of.rows.map((row) => row.marks[0].a0));
  const hi = Math.max(...of.rows.map((row) => row.until[row.until.length - 1]));
  return look(lo - margin(lo, hi), hi + margin(lo, hi));
}

// ---- choosing a mark

function choose(row, at, move) {
  const mark = row.marks[at];
  state.selected = { row, mark, at };
  tell(detail, described(row, mark));
  const [lo, hi] = [mark.a0, Number.isNaN(mark.b1) ? mark.a1 : mark.b1];
  const { view } = state;
  if (move && (hi < view.lo || lo > view.hi)) look(lo - (view.hi - view.lo) / 2, lo + (view.hi - view.lo) / 2);
  if (!scene.shown.includes(row.lane)) return changed();
  const top = row.lane.y + HEAD + row.lane.rows.indexOf(row) * ROW;
  if (top < frame.scrollTop + HEAD) frame.scrollTop = Math.max(0, top - HEAD);
  const bottom = top + ROW + AXIS - size.height + 6;
  if (bottom > frame.scrollTop) frame.scrollTop = bottom;
  return changed();
}

function release() {
  state.selected = null;
  tell(detail, null);
  changed();
}

function where(test) {
  for (const { rows } of drawn) {
    for (const row of rows) {
      const at = row.marks.findIndex((mark) => test(row, mark));
      if (at >= 0) return [row, at];
    }
  }
  return null;
}

function beside(way) {
  const { row, at } = state.selected;
  for (let next = at + way; next >= 0 && next < row.marks.length; next += way) {
    if (!scene.matches || scene.matches(row, row.marks[next])) return choose(row, next, true);
  }
  return undefined;
}

function above(way) {
  const rows = scene.shown.flatMap((of) => of.rows);
  const row = rows[rows.indexOf(state.selected.row) + way];
  if (!row) return;
  const time = state.selected.mark.a0;
  let best = 0;
  row.marks.forEach((mark, at) => {
    if (scene.matches && !scene.matches(row, mark)) return;
    if (Math.abs(mark.a0 - time) < Math.abs(row.marks[best].a0 - time)) best = at;
  });
  choose(row, best, true);
}

const keys = {
  ArrowLeft: () => beside(-1), ArrowRight: () => beside(1), ArrowUp: () => above(-1), ArrowDown: () => above(1),
  "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), Home: showAll, Escape: release,
  Enter: () => {
    const { mark } = state.selected;
    const end = Number.isNaN(mark.b1) ? mark.a1 : mark.b1;
    look(mark.a0 - Math.max(end - mark.a0, 5e4), end + Math.max(end - mark.a0, 5e4));
  },
};

canvas.addEventListener("keydown", (event) => {
  const key = keys[event.key];
  if (!key || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  // The first key takes hold of the first mark.
  if (!state.selected && /^(Arrow|Enter)/.test(event.key)) {
    const row = scene.shown.length ? scene.shown[0].rows[0] : null;
    if (row) choose(row, 0, true);
    return;
  }
  key();
});

// ---- the pointer

let drag = null;
function hit(event) {
  const box = canvas.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  if (x < gutter || y < AXIS) return null;
  const near = hits.filter((h) => y >= h.y0 && y < h.y1 && x >= h.x0 - 3 && x <= h.x1 + 3);
  return near.sort((a, b) => (a.mark.band ? 1 : 0) - (b.mark.band ? 1 : 0) || a.x1 - a.x0 - (b.x1 - b.x0))[0] || null;
}

canvas.addEventListener("pointerdown", (event) => {
  drag = { x: event.clientX, view: { ...state.view }, moved: false };
  canvas.setPointerCapture(event.pointerId);
});
canvas.addEventListener("pointermove", (event) => {
  if (drag) {
    const by = ((drag.x - event.clientX) / (size.width - gutter - 8)) * (drag.view.hi - drag.view.lo);
    drag.moved = drag.moved || Math.abs(drag.x - event.clientX) > 3;
    canvas.classList.toggle("drag", drag.moved);
    if (drag.moved) look(drag.view.lo + by, drag.view.hi + by);
  }
  const over = drag && drag.moved ? null : hit(event);
  tip.hidden = !over;
  if (!over) return;
  tell(tip, described(over.row, over.mark));
  const right = event.clientX + 14 + tip.offsetWidth < window.innerWidth;
  tip.style.left = `${right ? event.clientX + 14 : Math.max(4, event.clientX - 14 - tip.offsetWidth)}px`;
  const below = event.clientY + 18 + tip.offsetHeight < window.innerHeight;
  tip.style.top = `${below ? event.clientY + 18 : Math.max(4, event.clientY - 18 - tip.offsetHeight)}px`;
});
canvas.addEventListener("pointerup", (event) => {
  if (drag && !drag.moved) {
    const over = hit(event);
    if (over) choose(over.row, over.at, false);
    else release();
  }
  canvas.classList.remove("drag");
  drag = null;
});
canvas.addEventListener("pointerleave", () => { tip.hidden = true; });
frame.addEventListener("wheel", (event) => {
  const box = canvas.getBoundingClientRect();
  if (event.ctrlKey || event.metaKey) {
    event.preventDefault();
    zoom(event.deltaY > 0 ? 1.25 : 0.8, timeOf(event.clientX - box.left, state.view));
  } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
    event.preventDefault();
    pan((event.deltaX || event.deltaY) / 1000);
  }
}, { passive: false });
frame.addEventListener("scroll", paint);

// ---- buttons, filters, places of the answer

const buttons = { whole: showAll, spec: showSpec, in: () => zoom(0.5), out: () => zoom(2), left: () => pan(-0.4),
  right: () => pan(0.4) };
for (const button of document.querySelectorAll("[data-do]")) {
  button.addEventListener("click", () => buttons[button.dataset.do]());
}
for (const [name, pick] of Object.entries(picks)) {
  pick.addEventListener("input", () => {
    state[name] = pick.value;
    refilter();
    if (name === "spec") showSpec();
    changed();
  });
}
// A place of the answer that stands on the timeline leads there.
function lead() {
  const marked = new Map();
  for (const { rows } of drawn) {
    for (const row of rows) {
      row.marks.forEach((mark, at) => {
        for (const [file, line] of described.places(row, mark)) {
          const key = `${file}:${line}`;
          if (!marked.has(key)) marked.set(key, [row, at]);
        }
      });
    }
  }
  return marked;
}
described.places = (row, mark) => {
  const kind = mark.kind || row.kind;
  const table = { event: events, tick: ticks, batch: batches, request: requests }[kind];
  return table ? placeOf(table, mark.id) : described(row, mark).places;
};
let leads = null;
document.addEventListener("click", (event) => {
  const place = event.target.closest ? event.target.closest(".place") : null;
  if (!place) return;
  leads = leads || lead();
  const found = leads.get(`${data.files.indexOf(place.dataset.file)}:${place.dataset.line}`);
  if (!found) return;
  choose(...found, true);
  find("timeline").scrollIntoView({ block: "start" });
  canvas.focus({ preventScroll: true });
});
// What hovering shows as the title is shown for the keyboard as well.
document.addEventListener("focusin", (event) => {
  const place = event.target.matches && event.target.matches(".place") ? event.target : null;
  tip.hidden = !place;
  if (!place) return;
  const file = data.files.indexOf(place.dataset.file);
  tell(tip, { title: place.textContent, lines: [], places: [[file, Number(place.dataset.line)]] });
  const box = place.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(box.left, window.innerWidth - tip.offsetWidth - 4))}px`;
  tip.style.top = `${box.bottom + 6}px`;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches && event.target.matches(".place")) event.target.click();
});

// ---- from the address to the view

function open() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const pick = (name, limit) => {
    const value = parts.get(name) || "";
    return /^\d+$/.test(value) && Number(value) < limit ? value : "";
  };
  state.spec = pick("spec", data.specs.length);
  state.store = pick("store", data.stores.length);
  state.id = parts.get("id") || "";
  for (const [name, control] of Object.entries(picks)) control.value = state[name];
  refilter();
  const [lo, hi] = (parts.get("t") || "").split(",").map(Number);
  if (Number.isFinite(lo) && Number.isFinite(hi) && lo < hi) look(lo, hi);
  else showSpec();
  const [kind, id, spec, which] = (parts.get("at") || "").split(".");
  const same = (value, text) => text === undefined || text === "" || String(value) === text;
  const found = kind ? where((row, mark) => (mark.kind || row.kind) === kind && String(mark.id) === id
    && same(mark.spec, spec) && same(mark.which, which)) : null;
  if (found) choose(...found, false);
}

for (const place of document.querySelectorAll(".place")) {
  if (!data.files.includes(place.dataset.file)) continue;
  place.tabIndex = 0;
  place.setAttribute("role", "link");
}
if (drawn.length) {
  find("timeline").hidden = false;
  option(picks.spec, "", data.specs.length ? "all" : "none");
  specOrder.forEach((number) => option(picks.spec, String(number), data.specs[number].name));
  option(picks.store, "", "all");
  data.stores.forEach((store, number) => option(picks.store, String(number), [store.id, ...store.about].join(", ")));
  document.querySelector("[data-do=spec]").hidden = !data.specs.length;
  readColors();
  open();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColors(); paint(); });
  window.addEventListener("resize", () => { layout(scene.shown); paint(); });
  window.addEventListener("hashchange", () => { if (location.hash !== saved) open(); });
  draw({ ...scene, view: state.view, selected: state.selected });
  document.documentElement.dataset.drawn = hits.length;
}
// For tests: when the page was complete, in milliseconds.
document.documentElement.dataset.ready = Math.round(performance.now());
