// Lanes, top to bottom: each failing spec with the journey it waited for, errors, each store, the server's requests.
// A lane has rows; a row has marks in order of time. A mark is a begin [a0, a1] and, for a span, an end [b0, b1].
"use strict";

const ROW = 18;
const HEAD = 20;

class Row {
  constructor(name, kind, color, lane) {
    Object.assign(this, { name, kind, color, lane, marks: [] });
  }

  // `from` and `to` are instants with their row; nothing is drawn of what has no known time.
  add(id, from, fromRow, to, toRow, extra) {
    if (!from) return;
    let a0 = from.lo[fromRow];
    let a1 = from.hi[fromRow];
    if (Number.isNaN(a0) && Number.isNaN(a1)) return;
    const open = (Number.isNaN(a0) ? 1 : 0) | (Number.isNaN(a1) ? 2 : 0);
    if (Number.isNaN(a0)) a0 = a1;
    if (Number.isNaN(a1)) a1 = a0;
    let b0 = NaN;
    let b1 = NaN;
    if (to && to.clock[toRow] === from.clock[fromRow]) {
      b0 = to.lo[toRow];
      b1 = to.hi[toRow];
      if (Number.isNaN(b0)) b0 = Math.min(b1, a1);
      if (Number.isNaN(b1)) b1 = b0;
    }
    this.marks.push({ id, a0, a1, b0, b1, open, clock: from.clock[fromRow], ...extra });
  }

  // Sorted by begin, with the latest end so far, so that what is on the screen is found by bisection.
  seal() {
    this.marks.sort((a, b) => a.a0 - b.a0);
    this.until = new Float64Array(this.marks.length);
    let latest = -Infinity;
    this.marks.forEach((mark, at) => {
      latest = Math.max(latest, mark.a1, Number.isNaN(mark.b1) ? -Infinity : mark.b1);
      this.until[at] = latest;
    });
  }

  first(time) {
    let [lo, hi] = [0, this.marks.length];
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (this.until[mid] < time) lo = mid + 1;
      else hi = mid;
    }
    return lo;
  }
}

const lanes = [];

function lane(title, about, group, key) {
  const of = { title, about, group, key, rows: [] };
  lanes.push(of);
  return of;
}

function row(of, name, kind, color) {
  const made = new Row(name, kind, color, of);
  of.rows.push(made);
  return made;
}

function specLane(spec, number) {
  const of = lane(spec.name, spec.collateral ? "collateral" : "", "spec", number);
  const own = row(of, "spec and looks", "spec", "look");
  own.add(0, one(spec.started) || one(spec.trigger) || one(spec.deadline), 0, one(spec.deadline), 0,
    { kind: "spec", spec: number, color: "faint", band: true });
  own.add(0, one(spec.trigger), 0, null, 0, { kind: "trigger", spec: number, color: "ink" });
  spec.looks.forEach((look, at) => own.add(at, one(look.at), 0, null, 0,
    { kind: "look", spec: number, color: look.bad ? "bad" : "look", label: look.text.replace("found ", "") }));
  // The verdict's spec has a row for each link: they often lie within each other.
  spec.awaited.forEach((awaited, which) => {
    if (!awaited.links.some((link) => link.at)) return;
    const name = spec.awaited.length > 1 ? ` ${which + 1}` : "";
    const apart = number === data.main && which < 3;
    const journey = apart ? null : row(of, `journey${name}`, "link", "journey");
    awaited.links.forEach((link, at) => {
      const into = journey || row(of, `${link.link}${name}`, "link", "journey");
      into.add(at, one(link.at), 0, null, 0,
        { kind: "link", spec: number, which, color: "journey", label: apart ? undefined : link.link });
    });
  });
}

function errorLane() {
  const of = lane("Errors", "", "errors", -1);
  const bad = row(of, "status 400 and more", "request", "bad");
  for (let at = 0; at < requests.count; at++) {
    if (requests.status[at] >= 400) bad.add(at, requests.at, at, null, 0);
  }
  const lost = row(of, "batch not seen written", "batch", "bad");
  const done = (at) => !(Number.isNaN(batches.written.lo[at]) && Number.isNaN(batches.written.hi[at]));
  for (let at = 0; at < batches.count; at++) {
    if (!done(at) && batches.attempts[at] > 1) lost.add(at, batches.flushed, at, null, 0, { color: "bad" });
  }
  data.specs.forEach((spec, number) => spec.looks.forEach((look, at) => {
    if (look.bad) bad.add(at, one(look.at), 0, null, 0, { kind: "look", spec: number, color: "bad" });
  }));
}

function storeLanes() {
  const own = data.main === null ? null : data.specs[data.main].store;
  const order = data.stores.map((_, number) => number);
  if (own !== null) order.sort((a, b) => (b === own) - (a === own) || a - b);
  const rows = [];
  for (const number of order) {
    const store = data.stores[number];
    const of = lane(store.id, store.about.join(", "), "store", number);
    rows[number] = {
      event: row(of, "buffered", "event", "event"),
      tick: row(of, "ticks", "tick", "tick"),
      batch: row(of, "batches", "batch", "batch"),
    };
  }
  const shown = (table, at, instant) => (Number.isNaN(instant.lo[at]) && Number.isNaN(instant.hi[at]) ? null : instant);
  for (let at = 0; at < events.count; at++) {
    const instant = shown(events, at, events.buffered) || events.emitted;
    rows[events.store[at]].event.add(at, instant, at, null, 0);
  }
  for (let at = 0; at < ticks.count; at++) rows[ticks.store[at]].tick.add(at, ticks.at, at, null, 0);
  for (let at = 0; at < batches.count; at++) {
    const lost = batches.attempts[at] > 1 ? { color: "bad" } : undefined;
    rows[batches.store[at]].batch.add(at, batches.flushed, at, batches.written, at, lost);
  }
}

function requestLanes() {
  const clocks = [...new Set(requests.at.clock)].sort((a, b) => a - b);
  for (const clock of clocks) {
    const about = clock ? `${data.clocks[clock]} clock, offset not known` : "";
    const of = lane("Server requests", about, "requests", clock);
    const [post, get, other] = ["POST", "GET", "other"].map((name) => row(of, name, "request", "request"));
    for (let at = 0; at < requests.count; at++) {
      if (requests.at.clock[at] !== clock) continue;
      const method = data.strings[requests.method[at]];
      const into = method === "POST" ? post : method === "GET" ? get : other;
      into.add(at, requests.at, at, null, 0, requests.status[at] >= 400 ? { color: "bad" } : undefined);
    }
  }
}

const specOrder = data.specs.map((_, number) => number)
  .sort((a, b) => (b === data.main) - (a === data.main) || data.specs[a].collateral - data.specs[b].collateral || a - b);
specOrder.forEach((number) => specLane(data.specs[number], number));
errorLane();
storeLanes();
requestLanes();
for (const of of lanes) {
  of.rows = of.rows.filter((row) => row.marks.length);
  of.rows.forEach((row) => row.seal());
}
const drawn = lanes.filter((of) => of.rows.length);

// From the first mark to the last.
function extent() {
  let [from, to] = [Infinity, -Infinity];
  for (const of of drawn) {
    for (const { marks, until } of of.rows) {
      from = Math.min(from, marks[0].a0);
      to = Math.max(to, until[until.length - 1]);
    }
  }
  return from < to ? [from, to] : [from - 1e6, from + 1e6];
}
