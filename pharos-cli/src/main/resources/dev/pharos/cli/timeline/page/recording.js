// SPDX-License-Identifier: Apache-2.0
"use strict";

/*
 * The recording, as the page holds it: columns in typed arrays, where row i of each belongs together and the rows are in
 * the order of their starts. Nothing in this file knows of the document. Times are nanoseconds since the recording began.
 */

/** The first index from low on whose value is not less than the bound, in values that ascend. */
function lowerBound(values, bound, low = 0, high = values.length) {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle] < bound) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** The same for the first that is greater. */
function upperBound(values, bound, low = 0, high = values.length) {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle] <= bound) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** The numbers of the rows for each key from 0 to size - 1, in their order; rows whose key is -1 are left out. */
class RowsByKey {
  constructor(keys, size) {
    this.from = new Int32Array(size + 1);
    for (const key of keys) {
      if (key >= 0) {
        this.from[key + 1]++;
      }
    }
    for (let key = 0; key < size; key++) {
      this.from[key + 1] += this.from[key];
    }
    this.rows = new Int32Array(this.from[size]);
    const next = this.from.slice();
    keys.forEach((key, row) => {
      if (key >= 0) {
        this.rows[next[key]++] = row;
      }
    });
  }

  of(key) {
    return this.rows.subarray(this.from[key], this.from[key + 1]);
  }
}

/**
 * Spans of time that do not overlap, with what it takes to draw any number of them: where one pixel has many, how many
 * there are of each outcome and how long they took together is a difference of two running totals.
 */
class Spans {
  constructor(rows, starts, ends, outcomes) {
    const count = rows.length;
    this.rows = rows;
    this.starts = new Float64Array(count);
    this.ends = new Float64Array(count);
    this.length = new Float64Array(count + 1);
    this.outcomes = [1, 2, 3].map(() => new Int32Array(count + 1));
    for (let i = 0; i < count; i++) {
      const row = rows[i];
      this.starts[i] = starts[row];
      // A thread waits once at a time. Should a recording say otherwise, the search by ends still finds its way.
      this.ends[i] = i > 0 ? Math.max(ends[row], this.ends[i - 1]) : ends[row];
      this.length[i + 1] = this.length[i] + ends[row] - starts[row];
      for (let outcome = 1; outcome <= 3; outcome++) {
        this.outcomes[outcome - 1][i + 1] =
          this.outcomes[outcome - 1][i] + (outcomes !== null && outcomes[row] === outcome ? 1 : 0);
      }
    }
    this.chosen = null; // the running total of the rows that are chosen, where some are
  }

  choose(chosen) {
    if (chosen === null) {
      this.chosen = null;
      return;
    }
    this.chosen = new Int32Array(this.rows.length + 1);
    for (let i = 0; i < this.rows.length; i++) {
      this.chosen[i + 1] = this.chosen[i] + chosen[this.rows[i]];
    }
  }

  /** The worst outcome from one index to another: whatever is not "released" must not be lost among others. */
  worst(from, to) {
    for (let outcome = 3; outcome >= 1; outcome--) {
      const total = this.outcomes[outcome - 1];
      if (total[to] > total[from]) {
        return outcome;
      }
    }
    return 0;
  }
}

/** Spans that overlap, of which only the number at a time is shown. */
class Crowd {
  /** Of rows in several lists. Without outcomes, all are of the first. */
  constructor(lists, starts, ends, outcomes) {
    const counts = [0, 0, 0, 0];
    for (const rows of lists) {
      for (const row of rows) {
        counts[outcomes === null ? 0 : outcomes[row]]++;
      }
    }
    const moments = counts.map((count) => ({ starts: new Float64Array(count), ends: new Float64Array(count) }));
    for (const rows of lists) {
      for (const row of rows) {
        const outcome = outcomes === null ? 0 : outcomes[row];
        const i = --counts[outcome];
        moments[outcome].starts[i] = starts[row];
        moments[outcome].ends[i] = ends[row];
      }
    }
    this.byOutcome = moments.map((own) => ({ starts: new Moments(own.starts), ends: new Moments(own.ends) }));
  }

  /** How many of an outcome touch the time between two moments. */
  touching(outcome, from, to) {
    const { starts, ends } = this.byOutcome[outcome];
    return lowerBound(starts.values, to) - lowerBound(ends.values, from);
  }

  /** How many of an outcome there are at a time, on average between two moments. */
  average(outcome, from, to) {
    const { starts, ends } = this.byOutcome[outcome];
    const [s, e] = [lowerBound(starts.values, from), lowerBound(ends.values, from)];
    return s - e + (starts.left(s, to) - ends.left(e, to)) / (to - from);
  }
}

/** Moments in their order. */
class Moments {
  constructor(values) {
    this.values = values.sort();
    this.total = new Float64Array(values.length + 1);
    for (let i = 0; i < values.length; i++) {
      this.total[i + 1] = this.total[i] + values[i];
    }
  }

  /** From each moment, beginning with one, the time that is left to a later moment, all together. */
  left(first, to) {
    const last = lowerBound(this.values, to, first);
    if (last - first > 32) {
      return (last - first) * to - (this.total[last] - this.total[first]);
    }
    let sum = 0; // of few exactly, for a pixel can be shorter than the rounding of a total
    for (let i = first; i < last; i++) {
      sum += to - this.values[i];
    }
    return sum;
  }
}

const RELEASED = 0;
const TIMED_OUT = 1;
const INTERRUPTED = 2;

class Recording {
  /** What stands in the page: JSON, packed with gzip, in base64. */
  static async unpack(base64) {
    const packed = atob(base64.trim());
    const bytes = new Uint8Array(packed.length);
    for (let i = 0; i < bytes.length; i++) {
      bytes[i] = packed.charCodeAt(i);
    }
    const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Recording(JSON.parse(await new Response(unpacked).text()));
  }

  constructor(json) {
    this.name = json.recording;
    this.began = json.start;
    this.duration = json.duration;
    this.lost = json.lost; // bytes
    this.gaps = json.gaps; // what else is missing, a sentence each
    this.threads = json.threads;
    this.events = json.events;
    this.threadRows = Recording.#rows(json.threadRows);
    this.eventRows = Recording.#rows(json.eventRows);
    this.stacks = json.stacks;
    this.outcomes = json.outcomes;
    this.kinds = json.kinds; // of changes
    this.labels = json.labels;
    this.waits = Recording.#columns(json.waits);
    this.changes = Recording.#columns(json.changes);
    this.waitsOf = new RowsByKey(this.waits.thread, this.threads.length);
    this.changesBy = new RowsByKey(this.changes.thread, this.threads.length);
    this.changesOf = new RowsByKey(this.changes.event, this.events.length);
    this.waitsFor = new RowsByKey(this.waits.event, this.events.length);
    this.releasedBy = new RowsByKey(this.waits.change, this.changes.count);
    this.isSet = this.events.map(Recording.#spansSet);
    this.summary = json.summary; // of each event, and of several that were waited for together
    this.redundantSets = json.redundant; // by the place of the call
    const beside = Math.max(1000, this.duration * 0.02);
    const isEmpty = this.waits.count + this.changes.count === 0;
    /** What the chart shows: what was recorded, and a margin. */
    this.from = isEmpty ? 0 : -beside;
    this.to = isEmpty ? this.duration : this.duration + beside;
  }

  /** Rows with the numbers of their members. */
  static #rows(rows) {
    let first = 0;
    return rows.map(({ name, members }) => {
      first += members;
      return { name, members: Array.from({ length: members }, (_, i) => first - members + i) };
    });
  }

  static #columns(json) {
    const count = json.start.length;
    const start = new Float64Array(count);
    const end = new Float64Array(count);
    let time = 0;
    for (let i = 0; i < count; i++) {
      time += json.start[i];
      start[i] = time;
      end[i] = time + json.duration[i];
    }
    const columns = { count, start, end };
    for (const [name, values] of Object.entries(json)) {
      if (name === "timeout") {
        columns.timeout = Float64Array.from(values);
      } else if (name !== "start" && name !== "duration") {
        columns[name] = Int32Array.from(values);
      }
    }
    return columns;
  }

  /** When an event was set. It may have been set before the recording, and be set after it. */
  static #spansSet({ set, turns }) {
    const moments = set ? [-Infinity] : [];
    let time = 0;
    for (const turn of turns) {
      time += turn;
      moments.push(time);
    }
    return {
      starts: moments.filter((_, i) => i % 2 === 0),
      ends: [...moments.filter((_, i) => i % 2 === 1), ...(moments.length % 2 === 1 ? [Infinity] : [])],
    };
  }

  // What things are called

  /** What a wait was for. */
  waitedFor(wait) {
    const { label, event } = this.waits;
    return label[wait] >= 0 ? this.labels[label[wait]] : this.events[event[wait]].name;
  }

  waited(wait) {
    return this.waits.end[wait] - this.waits.start[wait];
  }

  /** The number of what a change does. */
  kind(change) {
    return this.changes.clear[change] + (this.changes.changed[change] ? 0 : 2);
  }

  stack(row, columns) {
    return columns.stack[row] >= 0 ? this.stacks[columns.stack[row]] : "";
  }

  // Search

  /** The waits and changes in whose texts each word of a query is found. */
  find(query) {
    const words = query.toLowerCase().split(/\s+/).filter((word) => word !== "");
    const waits = new Uint8Array(this.waits.count).fill(1);
    const changes = new Uint8Array(this.changes.count).fill(1);
    for (const word of words) {
      const has = (texts) => Uint8Array.from(texts, (text) => text.toLowerCase().includes(word) ? 1 : 0);
      const threads = has(this.threads.map(({ name }) => name));
      const events = has(this.events.map(({ name, identity }) => name + "\n" + identity));
      const stacks = has(this.stacks);
      const labels = has(this.labels);
      const outcomes = has(this.outcomes);
      const kinds = has(["set", "clear", "redundant set", "redundant clear"]);
      const w = this.waits;
      for (let i = 0; i < w.count; i++) {
        waits[i] &= threads[w.thread[i]] | (events[w.event[i]] ?? 0) | (stacks[w.stack[i]] ?? 0)
          | (labels[w.label[i]] ?? 0) | outcomes[w.outcome[i]];
      }
      const c = this.changes;
      for (let i = 0; i < c.count; i++) {
        changes[i] &= threads[c.thread[i]] | (events[c.event[i]] ?? 0) | (stacks[c.stack[i]] ?? 0)
          | kinds[this.kind(i)];
      }
    }
    const count = (flags) => flags.reduce((sum, flag) => sum + flag, 0);
    return { waits, changes, waitCount: count(waits), changeCount: count(changes) };
  }

  // Summary

  longestWaits() {
    return Int32Array.from({ length: this.waits.count }, (_, wait) => wait)
      .sort((a, b) => this.waited(b) - this.waited(a) || a - b);
  }

  timeouts() {
    const rows = [];
    this.waits.outcome.forEach((outcome, wait) => outcome === TIMED_OUT && rows.push(wait));
    return rows;
  }
}

// Texts

const THIN = "\u2009";

/** A length of time in three digits. */
function duration(nanos) {
  for (const [unit, size] of [["ns", 1], ["\u00b5s", 1e3], ["ms", 1e6]]) {
    if (nanos < size * 999.5) {
      return digits(nanos / size) + THIN + unit;
    }
  }
  const seconds = nanos / 1e9;
  if (seconds < 59.95) {
    return digits(seconds) + THIN + "s";
  }
  const whole = Math.round(seconds);
  return whole < 3600
    ? Math.floor(whole / 60) + THIN + "min " + String(whole % 60).padStart(2, "0") + THIN + "s"
    : Math.floor(whole / 3600) + THIN + "h " + String(Math.floor(whole / 60) % 60).padStart(2, "0") + THIN + "min";
}

function digits(value) {
  return value >= 99.95 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(value >= 9.995 ? 1 : 2);
}

/** A moment, so exact that moments which are a step apart differ. */
function moment(nanos, step) {
  const size = Math.abs(nanos);
  const decimals = Math.max(0, Math.min(9, 9 - Math.floor(Math.log10(step) + 1e-9)));
  if (nanos === 0) {
    return "0";
  } else if (size < 1e6 && step < 1e6) {
    return minus((nanos / 1e3).toFixed(Math.max(0, decimals - 6))) + THIN + "\u00b5s";
  } else if (size < 1e9 && step < 1e9) {
    return minus((nanos / 1e6).toFixed(Math.max(0, decimals - 3))) + THIN + "ms";
  }
  const [whole, fraction] = (size / 1e9).toFixed(decimals).split(".");
  const seconds = Number(whole);
  const two = (part) => String(part).padStart(2, "0");
  const clock = seconds < 60 ? whole
    : seconds < 3600 ? Math.floor(seconds / 60) + ":" + two(seconds % 60)
      : Math.floor(seconds / 3600) + ":" + two(Math.floor(seconds / 60) % 60) + ":" + two(seconds % 60);
  return (nanos < 0 ? "\u2212" : "") + clock + (fraction === undefined ? "" : "." + grouped(fraction))
    + (seconds < 60 ? THIN + "s" : "");
}

function minus(text) {
  return text.replace("-", "\u2212");
}

function grouped(fraction) {
  return fraction.replace(/(\d{3})(?=\d)/g, "$1" + THIN);
}

function number(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

function plural(count, one, many = one + "s") {
  return number(count) + " " + (count === 1 ? one : many);
}
