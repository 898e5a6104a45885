// The words for what is drawn: a title and lines of text for one mark, with its place.
"use strict";

function clockTime(micros, up) {
  const ms = up ? Math.ceil((data.epoch + micros) / 1000) : Math.floor((data.epoch + micros) / 1000);
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? "out of range" : date.toISOString().slice(11, 23);
}

function timeText(of, row) {
  if (!of) return "time not known";
  const lo = of.lo[row];
  const hi = of.hi[row];
  const clock = of.clock[row] ? ` (${data.clocks[of.clock[row]]} clock, offset not known)` : "";
  if (Number.isNaN(lo) && Number.isNaN(hi)) return "time not known";
  if (Number.isNaN(hi)) return `after ${clockTime(lo)}${clock}`;
  if (Number.isNaN(lo)) return `before ${clockTime(hi, true)}${clock}`;
  const from = clockTime(lo);
  const to = hi - lo < 1000 ? clockTime(hi) : clockTime(hi, true);
  return (from === to ? from : `${from} to ${to}`) + clock;
}

function number(micros) {
  const size = Math.abs(micros);
  if (size >= 1e6) return `${Number((micros / 1e6).toPrecision(3))} s`;
  if (size >= 1e3) return `${Number((micros / 1e3).toPrecision(3))} ms`;
  return `${micros} µs`;
}

function took([lo, hi]) {
  if (lo === null && hi === null) return "not known";
  if (hi === null) return `more than ${number(lo)}`;
  if (lo === null) return `less than ${number(hi)}`;
  return number(lo) === number(hi) ? number(hi) : `${number(lo)} to ${number(hi)}`;
}

const placeText = (file, line) => `${data.short[file]}:${line}`;

function placeOf(table, row) {
  return table.place.file[row] < 0 ? [] : [[table.place.file[row], table.place.line[row]]];
}

const describe = {
  event(row) {
    const lines = [`buffered ${timeText(events.buffered, row)}`];
    if (!Number.isNaN(events.flushed.hi[row])) lines.push(`flushed ${timeText(events.flushed, row)}`);
    if (!Number.isNaN(events.visible.hi[row])) lines.push(`visible ${timeText(events.visible, row)}`);
    const title = `${data.strings[events.kind[row]]} for ${data.strings[events.id[row]]}`;
    return { title, lines, places: placeOf(events, row) };
  },
  tick(row) {
    const lines = [timeText(ticks.at, row), `after ${took(ticks.actual[row])}, expected ${took(ticks.expected[row])}`];
    return { title: `tick ${ticks.number[row]}: ${ticks.size[row]} events`, lines, places: placeOf(ticks, row) };
  },
  batch(row) {
    const lines = [`flushed ${timeText(batches.flushed, row)}`, `written ${timeText(batches.written, row)}`];
    if (batches.attempts[row] > 1) lines.push(`${batches.attempts[row]} attempts`);
    const title = `batch of ${batches.size[row]}, by ${data.strings[batches.trigger[row]]}`;
    return { title, lines, places: placeOf(batches, row) };
  },
  request(row) {
    const lines = [timeText(requests.at, row), `took ${took(requests.took[row])}`];
    if (requests.size[row] !== null) lines.push(`${requests.size[row]} events`);
    const title = `${data.strings[requests.method[row]]} ${requests.status[row]} ${data.strings[requests.path[row]]}`;
    return { title, lines, places: placeOf(requests, row) };
  },
  look(row, spec) {
    const look = data.specs[spec].looks[row];
    const lines = [timeText(one(look.at), 0)];
    if (look.asked) lines.push(`asked ${look.asked}`);
    return { title: `look ${row + 1}: ${look.text}`, lines, places: look.places };
  },
  spec(row, spec) {
    const of = data.specs[spec];
    const lines = [of.answer, `${timeText(one(of.started), 0)} to ${timeText(one(of.deadline), 0)}`];
    return { title: `${of.outcome}: ${of.name}`, lines, places: of.places };
  },
  trigger(row, spec) {
    return { title: "trigger", lines: [timeText(one(data.specs[spec].trigger), 0)], places: data.specs[spec].places };
  },
  link(row, spec, which) {
    const awaited = data.specs[spec].awaited[which];
    const link = awaited.links[row];
    const stages = awaited.stages.map((s) => `${s.stage} ${s.took}${s.judged ? `, ${s.judged}` : ""}`);
    const lines = [timeText(one(link.at), 0), stages.join("; ")];
    return { title: `${link.link}: ${awaited.text}`, lines, places: link.places };
  },
};
