// The rows of the report, decoded from the columns that columns.rs describes. Times are microseconds after `epoch`;
// NaN is an open end. Everything here is data: nothing of it is ever handed to the browser as markup.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);

function runs(pairs, count, none) {
  const out = new Int32Array(count).fill(none);
  pairs.forEach(([from, value], at) => out.fill(value, from, at + 1 < pairs.length ? pairs[at + 1][0] : count));
  return out;
}

function instants(column, count, inherited) {
  const lo = new Float64Array(count).fill(NaN);
  const hi = new Float64Array(count).fill(NaN);
  const clock = runs(column.k, count, 0);
  let last = 0;
  let from = 0;
  for (let row = 0; row < count; row++) {
    const mark = column.v[from++];
    if (mark === -4) {
      const [of, at] = inherited(row);
      lo[row] = of.lo[at];
      hi[row] = of.hi[at];
      clock[row] = of.clock[at];
    } else if (mark !== -3) {
      last += column.v[from++];
      if (mark !== -2) lo[row] = last;
      if (mark === -2) hi[row] = last;
      else if (mark >= 0) hi[row] = last + mark;
    }
  }
  return { lo, hi, clock };
}

function places(column, count) {
  const file = runs(column.f, count, -1);
  const line = new Int32Array(count);
  let last = 0;
  for (let row = 0; row < count; row++) {
    last += column.l[row];
    line[row] = last;
  }
  return { file, line };
}

const ticks = { ...data.ticks, count: data.ticks.store.length };
ticks.at = instants(ticks.at, ticks.count);
ticks.place = places(ticks.place, ticks.count);

const requests = { ...data.requests, count: data.requests.method.length };
requests.at = instants(requests.at, requests.count);
requests.place = places(requests.place, requests.count);

const batches = { ...data.batches, count: data.batches.store.length };
for (const name of ["flushed", "written", "visible"]) batches[name] = instants(batches[name], batches.count);
batches.place = places(batches.place, batches.count);

const events = { ...data.events, count: data.events.store.length };
events.emitted = instants(events.emitted, events.count);
events.buffered = instants(events.buffered, events.count);
for (const name of ["flushed", "written", "visible"]) {
  events[name] = instants(events[name], events.count, (row) => [batches[name], events.batch[row]]);
}
events.place = places(events.place, events.count);

// Which batch a request carries.
const batchOf = new Int32Array(requests.count).fill(-1);
batches.request.forEach((request, batch) => { if (request !== null) batchOf[request] = batch; });

const known = (at) => (at === null ? NaN : at);
const one = (at) => (at ? { lo: [known(at[0])], hi: [known(at[1])], clock: [at[2]] } : null);
