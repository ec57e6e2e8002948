// SPDX-License-Identifier: Apache-2.0
"use strict";

/*
 * The chart: where the rows of the recording stand, and how they are drawn.
 *
 * It is drawn anew for each frame in which something changed, and only what is in view: a lane finds its first wait by
 * binary search. A wait that is as wide as a pixel is a bar. Of those that are narrower, all that begin in one pixel are
 * one column, whose shade is the share of the time that was waited and whose colour is the worst of their outcomes; the
 * next pixel's first is found by binary search again. So a frame takes time by the pixels of the lanes in view, times
 * the logarithm of the number of waits, and not by the number of waits.
 *
 * A folded group shows how many of its threads wait, which is a difference of two binary searches for each pixel.
 *
 * The line of a set goes from the track of the event through the lane of who set it to the lanes that it released. Where
 * more than JOINS_AT_ONCE would be in view, only those of what is pointed at or selected are drawn.
 */

const JOINS_AT_ONCE = 400;
const SHORTEST_VIEW = 200; // nanoseconds
const NARROW = 560; // pixels: below, names stand above their lanes

/** One line of the chart: a heading, the track of an event, the lane of a thread, or a group of either. */
class Row {
  constructor(kind, name, members) {
    this.kind = kind; // heading, event, thread
    this.name = name;
    this.members = members; // the numbers of the events or threads
    this.group = null; // the row of the group that this one is in
    this.rows = []; // those of its members, of a group
    this.folded = false;
    this.top = 0;
    this.height = 0;
  }

  get isGroup() {
    return this.members.length > 1;
  }
}

class Chart {
  #recording;
  #canvas;
  #overview;
  #scroller;
  #changed;
  #spans = new Map();
  #crowds = new Map();
  #chosenCrowds = new Map();
  #marks = new Map();
  #widths = new Map();
  #colours = {};
  #hatches = [];
  #motion = null;
  #requested = false;

  /** What is drawn, in the order from top to bottom. */
  rows = [];
  view;
  pointed = null; // what the mouse is at: {kind: "wait" | "change" | "row", ...}
  selected = null;
  chosen = null; // the waits and changes that are in full colour, if not all are
  cursor = null; // the x of the mouse
  drawn = {};
  frames = [];

  constructor(recording, { canvas, overview, scroller, sizer }, changed) {
    this.#recording = recording;
    this.#canvas = canvas;
    this.#overview = overview;
    this.#scroller = scroller;
    this.sizer = sizer;
    this.#changed = changed;
    this.view = { from: recording.from, to: recording.to };
    this.#events = Chart.#rowsOf("event", recording.eventRows, recording.events);
    this.#threads = Chart.#rowsOf("thread", recording.threadRows, recording.threads);
  }

  // Rows

  #events;
  #threads;

  /** The rows, of which those with several members are groups. */
  static #rowsOf(kind, rows, things) {
    return rows.map(({ name, members }) => {
      const row = new Row(kind, name, members);
      if (row.isGroup) {
        row.folded = true;
        row.rows = members.map((member) => new Row(kind, things[member].name, [member]));
        row.rows.forEach((own) => {
          own.group = row;
        });
      }
      return row;
    });
  }

  toggle(row, folded = !row.folded) {
    row.folded = folded;
    this.layout();
  }

  get groups() {
    return [...this.#events, ...this.#threads].filter((row) => row.isGroup);
  }

  /** Places the rows, for the width that there is. */
  layout(size = null) {
    this.width = size?.width ?? this.#scroller.clientWidth;
    const narrow = this.width < NARROW;
    const above = narrow ? 15 : 0;
    const unfolded = (tops) => tops.flatMap((row) => row.isGroup && !row.folded ? [row, ...row.rows] : [row]);
    const events = unfolded(this.#events);
    const threads = unfolded(this.#threads);
    this.rows = [new Row("heading", plural(this.#recording.events.length, "event"), []), ...events,
      new Row("heading", plural(this.#recording.threads.length, "thread"), []), ...threads];
    this.rowOf = { event: new Map(), thread: new Map() };
    const context = this.#canvas.getContext("2d");
    let widest = 90;
    let top = 0;
    for (const row of this.rows) {
      row.above = row.kind === "heading" ? 0 : above;
      row.top = top;
      row.height = row.kind === "heading" ? 30
        : row.above + (row.isGroup ? !row.folded ? 26 : row.kind === "event" ? 34 : 46 : row.kind === "event" ? 24 : 26);
      top += row.height;
      context.font = this.font(row.isGroup ? 600 : 400);
      widest = Math.max(widest, row.kind === "heading" ? 0
        : this.#measure(context, row.name) + (row.isGroup ? 22 + this.#measure(context, Chart.#times(row)) : row.group ? 16 : 4));
      if (row.kind !== "heading" && (!row.isGroup || row.folded)) {
        row.members.forEach((member) => this.rowOf[row.kind].set(member, row));
      }
    }
    this.left = narrow ? 12 : Math.round(Math.min(260, this.width * 0.28, widest + 34));
    this.right = 14;
    this.contentHeight = top + 10;
    this.eventsHeight = events.length === 0 ? 0 : this.rows[events.length + 1].top;
    const room = size?.height ?? Math.max(260, Math.round(window.innerHeight * 0.64));
    this.height = Math.min(this.contentHeight, room);
    // The tracks of the events stay in view above the lanes, unless they would take too much of the room.
    this.pinned = this.eventsHeight < this.height * 0.45 ? this.eventsHeight : 0;
    if (size === null) {
      this.sizer.style.height = this.contentHeight + "px";
      this.#scroller.style.height = this.height + "px";
    }
    this.#overviewColumns = null;
    this.redraw();
  }

  static #times(row) {
    return "(" + number(row.members.length) + ")";
  }

  // View

  get plot() {
    return this.width - this.left - this.right;
  }

  get nanosPerPixel() {
    return (this.view.to - this.view.from) / this.plot;
  }

  x(time) {
    return this.left + (time - this.view.from) / this.nanosPerPixel;
  }

  time(x) {
    return this.view.from + (x - this.left) * this.nanosPerPixel;
  }

  get isWhole() {
    const goal = this.#motion?.goal ?? this.view;
    return goal.from <= this.#recording.from && goal.to >= this.#recording.to;
  }

  /** Where the view is, or is on its way to. */
  get goal() {
    return this.#motion?.goal ?? this.view;
  }

  show(from, to, smoothly = false) {
    const { from: first, to: last } = this.#recording;
    const span = Math.min(Math.max(to - from, SHORTEST_VIEW), last - first);
    const middle = (from + to) / 2;
    const start = Math.max(first, Math.min(last - span, middle - span / 2));
    const goal = { from: start, to: start + span };
    if (smoothly && !window.matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.#motion = { origin: this.view, goal, began: performance.now() };
    } else {
      this.#motion = null;
      this.view = goal;
    }
    this.redraw();
  }

  showAll() {
    this.show(this.#recording.from, this.#recording.to, true);
  }

  zoom(factor, time = (this.goal.from + this.goal.to) / 2, smoothly = false) {
    const { from, to } = this.goal;
    const span = Math.min(Math.max((to - from) * factor, SHORTEST_VIEW), this.#recording.to - this.#recording.from);
    const start = time - (time - from) / (to - from) * span;
    this.show(start, start + span, smoothly);
  }

  pan(nanos, smoothly = false) {
    const { from, to } = this.goal;
    this.show(from + nanos, to + nanos, smoothly);
  }

  #move(now) {
    if (this.#motion !== null) {
      const { origin, goal, began } = this.#motion;
      // A frame may have begun before what it is to draw was asked for.
      const done = Math.max(0, Math.min(1, (now - began) / 220));
      const eased = 1 - (1 - done) ** 3;
      this.view = done === 1 ? goal : {
        from: origin.from + (goal.from - origin.from) * eased,
        to: origin.to + (goal.to - origin.to) * eased,
      };
      if (done === 1) {
        this.#motion = null;
      } else {
        this.redraw();
      }
    }
  }

  /** Brings something into view: its time, and its row. */
  reveal(thing, { fit = false } = {}) {
    const rows = thing.kind === "wait" ? [["thread", this.#recording.waits.thread[thing.index]]]
      : thing.kind === "change" ? [["event", this.#recording.changes.event[thing.index]]]
        : [[thing.row.kind, thing.row.members[0]]];
    for (const [kind, member] of rows) {
      const row = this.rowOf[kind].get(member);
      if (row?.isGroup && thing.kind !== "row") {
        this.toggle(row, false);
      }
      this.revealRow(thing.kind === "row" ? thing.row : this.rowOf[kind].get(member));
    }
    if (thing.kind === "row") {
      return;
    }
    const { start, end } = thing.kind === "wait" ? this.#recording.waits : this.#recording.changes;
    const [from, to] = [start[thing.index], end[thing.index]];
    const { from: left, to: right } = this.goal;
    const span = right - left;
    if (fit) {
      // A call of set may itself have taken long: it is to be in view from its start, where its line is.
      const least = thing.kind === "wait" ? 0 : Math.min(span, (this.#recording.to - this.#recording.from) / 20);
      const wide = Math.max((to - from) * 2.5, least);
      this.show((from + to - wide) / 2, (from + to + wide) / 2, true);
    } else if (from < left || to > right || to - from < span / 300) {
      const wide = Math.max((to - from) * 2.5, Math.min(span, to - from < span / 300 ? Math.max((to - from) * 60, span / 12) : span));
      this.show((from + to - wide) / 2, (from + to + wide) / 2, true);
    }
  }

  revealRow(row) {
    if (row === undefined || (this.pinned > 0 && row.top < this.pinned)) {
      return;
    }
    const top = this.#scroller.scrollTop;
    if (row.top - this.pinned - 8 < top) {
      this.#scroller.scrollTop = row.top - this.pinned - 8;
    } else if (row.top + row.height + 8 > top + this.height) {
      this.#scroller.scrollTop = row.top + row.height + 8 - this.height;
    }
    this.redraw();
  }

  // What is chosen: by a search, or by an event whose waits are wanted

  choose(chosen) {
    this.chosen = chosen;
    this.#chosenCrowds.clear();
    for (const [, spans] of this.#spans) {
      spans.choose(chosen?.waits ?? null);
    }
    this.redraw();
  }

  #spansOf(thread) {
    let spans = this.#spans.get(thread);
    if (spans === undefined) {
      const { start, end, outcome } = this.#recording.waits;
      spans = new Spans(this.#recording.waitsOf.of(thread), start, end, outcome);
      spans.choose(this.chosen?.waits ?? null);
      this.#spans.set(thread, spans);
    }
    return spans;
  }

  #setSpansOf(event) {
    const { starts, ends } = this.#recording.isSet[event];
    return this.#of(this.#crowds, "set " + event, () => new Spans(
      starts.map((_, i) => i), starts.map((start) => Math.max(start, this.#recording.from)),
      ends.map((end) => Math.min(end, this.#recording.to)), null));
  }

  /** The changes of some events, or by some threads, in the order of their starts. */
  #marksOf(row) {
    return this.#of(this.#marks, row, () => {
      const by = row.kind === "event" ? this.#recording.changesOf : this.#recording.changesBy;
      const rows = row.isGroup
        ? Int32Array.from(row.members.flatMap((member) => [...by.of(member)])).sort()
        : by.of(row.members[0]);
      return { rows, starts: Float64Array.from(rows, (change) => this.#recording.changes.start[change]) };
    });
  }

  #crowdOf(row) {
    return this.#of(this.#crowds, row, () => {
      if (row.kind === "thread") {
        return this.#crowdOfWaits(row, null);
      }
      const spans = row.members.map((event) => this.#setSpansOf(event));
      const starts = spans.flatMap(({ starts: own }) => [...own]);
      return new Crowd([[...starts.keys()]], starts, spans.flatMap(({ ends: own }) => [...own]), null);
    });
  }

  #crowdOfWaits(row, chosen) {
    const { start, end, outcome } = this.#recording.waits;
    const lists = row.members.map((thread) => this.#recording.waitsOf.of(thread));
    return new Crowd(chosen === null ? lists : lists.map((waits) => waits.filter((wait) => chosen[wait] !== 0)), start, end, outcome);
  }

  #of(map, key, make) {
    let value = map.get(key);
    if (value === undefined) {
      value = make();
      map.set(key, value);
    }
    return value;
  }

  // Drawing

  redraw() {
    if (!this.#requested) {
      this.#requested = true;
      requestAnimationFrame((now) => {
        this.#requested = false;
        const began = performance.now();
        this.#move(now);
        this.draw();
        this.frames.push(performance.now() - began);
        if (this.frames.length > 1000) {
          this.frames.splice(0, 500);
        }
        this.#changed();
      });
    }
  }

  get isSettled() {
    return !this.#requested && this.#motion === null;
  }

  font(weight = 400, size = 12.5) {
    return weight + " " + size + "px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";
  }

  /** Reads the colours, which are those of the style sheet. */
  readColours() {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue("--" + name).trim();
    for (const name of ["paper", "ink", "muted", "line", "lane", "accent", "set", "on-bar", "mark"]) {
      this.#colours[name] = colour(name);
    }
    this.#colours.outcomes = ["released", "timed-out", "interrupted", "failed"].map(colour);
    this.#hatches = [];
    this.#overviewColumns = null;
    this.redraw();
  }

  draw(scale = window.devicePixelRatio || 1) {
    const context = Chart.#sized(this.#canvas, this.width, this.height, scale);
    this.#scale = scale;
    this.drawn = { bars: 0, columns: 0, waits: 0, changes: 0, joins: 0, joined: [], spans: 0 };
    context.fillStyle = this.#colours.paper;
    context.fillRect(0, 0, this.width, this.height);
    this.scroll = this.#scroller.scrollTop;
    const joins = this.#joinsInView();
    const part = (rows, top, bottom) => {
      context.save();
      context.beginPath();
      context.rect(0, top, this.width, bottom - top);
      context.clip();
      const visible = rows.filter((row) => this.top(row) + row.height > top && this.top(row) < bottom);
      visible.forEach((row) => this.#drawGround(context, row));
      context.restore();
      return visible;
    };
    const events = this.rows.filter((row) => row.top < this.pinned);
    const others = this.rows.filter((row) => row.top >= this.pinned);
    const visible = [
      [part(others, this.pinned, this.height), this.pinned, this.height],
      [part(events, 0, this.pinned), 0, this.pinned],
    ];
    this.#drawGrid(context);
    joins.filter((join) => !join.strong).forEach((join) => this.#drawJoin(context, join));
    for (const [rows, top, bottom] of visible) {
      context.save();
      context.beginPath();
      context.rect(0, top, this.width, bottom - top);
      context.clip();
      rows.forEach((row) => this.#drawRow(context, row));
      context.restore();
    }
    joins.filter((join) => join.strong).forEach((join) => this.#drawJoin(context, join));
    joins.forEach((join) => this.#drawDots(context, join));
    if (this.pinned > 0 && this.scroll > 0) {
      context.fillStyle = this.#colours.line;
      context.fillRect(0, this.pinned - 1, this.width, 1);
    }
    this.#drawOverview(scale);
  }

  #scale = 1;

  static #sized(canvas, width, height, scale) {
    const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
    if (canvas.width !== w || canvas.height !== h) {
      canvas.width = w;
      canvas.height = h;
    }
    canvas.style.width = width + "px";
    canvas.style.height = height + "px";
    const context = canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    return context;
  }

  top(row) {
    return row.top < this.pinned ? row.top : row.top - this.scroll;
  }

  /** Where the bars of a row are. */
  body(row) {
    const height = row.isGroup ? !row.folded ? 0 : row.kind === "event" ? 16 : 28 : row.kind === "event" ? 8 : 16;
    const room = row.height - row.above;
    return { top: this.top(row) + row.above + Math.round((room - height) / 2), height };
  }

  middle(row) {
    const { top, height } = this.body(row);
    return top + height / 2;
  }

  /** The steps of the axis: 1, 2 or 5 times a power of ten, or what clocks have. */
  get step() {
    const least = this.nanosPerPixel * (this.width < NARROW ? 84 : 112);
    for (const seconds of [60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400]) {
      if (least > 50e9 && least <= seconds * 1e9) {
        return seconds * 1e9;
      }
    }
    const power = 10 ** Math.floor(Math.log10(least));
    return power * [1, 2, 5, 10].find((times) => times * power >= least * 0.999);
  }

  #ticks() {
    const { step } = this;
    const ticks = [];
    for (let i = Math.ceil(this.view.from / step); i * step <= this.view.to; i++) {
      ticks.push(i * step);
    }
    return ticks;
  }

  #drawGrid(context) {
    context.fillStyle = this.#colours.line;
    context.globalAlpha = 0.7;
    for (const tick of this.#ticks()) {
      context.fillRect(Math.round(this.x(tick)), 0, 1, this.height);
    }
    context.globalAlpha = 1;
    if (this.cursor !== null && this.cursor >= this.left) {
      context.fillStyle = this.#colours.muted;
      context.globalAlpha = 0.5;
      context.fillRect(Math.round(this.cursor), 0, 1, this.height);
      context.globalAlpha = 1;
    }
  }

  #drawGround(context, row) {
    const top = this.top(row);
    if (row.kind === "heading") {
      return;
    }
    const isChosen = (thing) => thing?.kind === "row" && thing.row === row;
    if (isChosen(this.selected) || isChosen(this.pointed)) {
      context.fillStyle = this.#colours.lane;
      context.fillRect(0, top, this.width, row.height);
    }
    if (isChosen(this.selected)) {
      context.fillStyle = this.#colours.accent;
      context.fillRect(0, top, 3, row.height);
    }
    if (!row.isGroup || row.folded) {
      context.fillStyle = this.#colours.line;
      const base = row.isGroup ? this.body(row).top + this.body(row).height : Math.round(this.middle(row));
      context.fillRect(this.left, base, this.plot, 1);
    }
  }

  #drawRow(context, row) {
    this.#drawName(context, row);
    if (row.kind === "heading" || (row.isGroup && !row.folded)) {
      return;
    }
    context.save();
    context.beginPath();
    context.rect(this.left - 4, this.top(row), this.plot + 8, row.height);
    context.clip();
    if (row.isGroup) {
      this.#drawCrowd(context, row);
    } else if (row.kind === "event") {
      this.#drawSet(context, row);
    } else {
      this.#drawWaits(context, row);
    }
    this.#drawMarks(context, row);
    context.restore();
  }

  #drawName(context, row) {
    const top = this.top(row);
    context.textBaseline = "middle";
    context.textAlign = "left";
    if (row.kind === "heading") {
      context.font = this.font(600, 11.5);
      context.fillStyle = this.#colours.muted;
      context.fillText(row.name, 12, top + 18);
      return;
    }
    const indent = row.group && row.above === 0 ? 26 : 12;
    const y = row.above > 0 ? top + row.above / 2 + 2 : this.middle(row);
    const room = row.above > 0 ? this.plot : this.left - indent - 12;
    if (row.isGroup) {
      context.fillStyle = this.#colours.muted;
      context.beginPath();
      const points = row.folded ? [[0, -4], [5, 0], [0, 4]] : [[-1, -2], [7, -2], [3, 3]];
      points.forEach(([dx, dy]) => context.lineTo(indent + dx, y + dy));
      context.fill();
    }
    context.font = this.font(row.isGroup ? 600 : 400, row.above > 0 ? 11.5 : 12.5);
    context.fillStyle = this.#colours.ink;
    if (!row.isGroup) {
      context.fillText(this.fit(context, row.name, room), indent, y);
      return;
    }
    const times = Chart.#times(row);
    const name = this.fit(context, row.name, room - 22 - this.#measure(context, times));
    context.fillText(name, indent + 12, y);
    context.fillStyle = this.#colours.muted;
    context.fillText(times, indent + 20 + this.#measure(context, name), y);
  }

  #measure(context, text) {
    const key = context.font + text;
    let width = this.#widths.get(key);
    if (width === undefined) {
      width = context.measureText(text).width;
      this.#widths.set(key, width);
    }
    return width;
  }

  /** As much of a text as there is room for: of a path its end, of other names their beginning. */
  fit(context, text, room) {
    if (this.#measure(context, text) <= room) {
      return text;
    }
    const part = (length) => text.includes("/") ? "\u2026" + text.slice(text.length - length) : text.slice(0, length) + "\u2026";
    let [low, high] = [0, text.length];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (context.measureText(part(middle)).width <= room) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low < 4 ? "" : part(low);
  }

  /** What an outcome is filled with. Colour is not all that tells them apart: each but "released" has a pattern. */
  #fill(context, outcome) {
    if (outcome === RELEASED) {
      return this.#colours.outcomes[0];
    }
    const key = outcome + " " + this.#scale;
    if (this.#hatches[key] === undefined) {
      const size = outcome === TIMED_OUT ? 6 : outcome === INTERRUPTED ? 4 : 5;
      const tile = document.createElement("canvas");
      tile.width = tile.height = size * 4;
      const pen = tile.getContext("2d");
      pen.scale(4, 4);
      pen.fillStyle = this.#colours.outcomes[outcome];
      pen.fillRect(0, 0, size, size);
      pen.strokeStyle = pen.fillStyle = this.#colours.paper;
      pen.globalAlpha = 0.62;
      pen.lineWidth = 1.5;
      pen.beginPath();
      if (outcome === TIMED_OUT) { // slanted lines
        for (const shift of [-size, 0, size]) {
          pen.moveTo(shift - 1, size + 1);
          pen.lineTo(shift + size + 1, -1);
        }
      } else if (outcome === INTERRUPTED) { // upright lines
        pen.moveTo(2, 0);
        pen.lineTo(2, size);
      } else { // dots
        pen.arc(2.5, 2.5, 1.1, 0, 7);
        pen.fill();
      }
      pen.stroke();
      this.#hatches[key] = context.createPattern(tile, "repeat");
      this.#hatches[key].setTransform(new DOMMatrix().scale(0.25));
    }
    return this.#hatches[key];
  }

  /** Calls for each bar and each column of spans in view. */
  #each(spans, bar, column) {
    const { starts, ends } = spans;
    const { from, to } = this.view;
    const last = lowerBound(starts, to);
    const wide = this.nanosPerPixel * 1.5;
    let i = upperBound(ends, from);
    while (i < last) {
      if (ends[i] - starts[i] >= wide) {
        bar(i);
        i++;
      } else {
        const pixel = Math.floor(this.x(starts[i]));
        let j = Math.max(i + 1, lowerBound(starts, this.time(pixel + 1), i, last));
        if (ends[j - 1] - starts[j - 1] >= wide) {
          j--;
        }
        column(pixel, i, j, Math.min(1, (spans.length[j] - spans.length[i]) / this.nanosPerPixel));
        i = j;
      }
    }
  }

  #drawWaits(context, row) {
    const spans = this.#spansOf(row.members[0]);
    const { top, height } = this.body(row);
    const { waits, changes } = this.#recording;
    const strong = this.#strongWaits();
    this.#each(spans, (i) => {
      const wait = spans.rows[i];
      const left = Math.max(this.x(waits.start[wait]), this.left - 6);
      const right = Math.min(this.x(waits.end[wait]), this.width - this.right + 6);
      const outcome = waits.outcome[wait];
      const dim = spans.chosen !== null && this.chosen.waits[wait] === 0;
      context.globalAlpha = dim ? 0.16 : 1;
      context.fillStyle = this.#fill(context, outcome);
      context.beginPath();
      context.roundRect(left, top, right - left, height, Math.min(2.5, (right - left) / 3));
      context.fill();
      if (outcome !== RELEASED) {
        context.strokeStyle = this.#colours.outcomes[outcome];
        context.lineWidth = 1;
        context.stroke();
      }
      const change = waits.change[wait];
      if (change >= 0) { // how long the thread took to be awake
        const set = Math.max(this.x(changes.start[change]), left);
        if (right - set >= 2) {
          context.fillStyle = this.#colours.paper;
          context.globalAlpha *= 0.45;
          context.fillRect(set, top, right - set, height);
        }
      }
      context.globalAlpha = dim ? 0.16 : 1;
      if (right - left > 46) {
        this.#drawInBar(context, wait, left, right, top, height);
      }
      if (strong.has(wait)) {
        this.#outline(context, left, top, right - left, height);
      }
      this.drawn.bars++;
      this.drawn.waits++;
    }, (pixel, i, j, share) => {
      const matches = spans.chosen === null || spans.chosen[j] > spans.chosen[i];
      context.globalAlpha = !matches ? 0.14 : spans.chosen !== null ? 1 : 0.45 + 0.55 * share;
      context.fillStyle = this.#colours.outcomes[spans.worst(i, j)];
      context.fillRect(pixel, top, spans.chosen !== null && matches ? 2 : 1, height);
      for (let k = i; j - i < 4 && k < j; k++) {
        if (strong.has(spans.rows[k])) {
          context.globalAlpha = 1;
          this.#outline(context, pixel - 1, top, 3, height);
        }
      }
      this.drawn.columns++;
      this.drawn.waits += j - i;
    });
    context.globalAlpha = 1;
  }

  /** Names what a wide bar waited for, in its part that is in view. */
  #drawInBar(context, wait, left, right, top, height) {
    const from = Math.max(left, this.left);
    const room = Math.min(right, this.width - this.right) - from - 12;
    context.font = this.font(500, 11);
    const text = room < 24 ? "" : this.fit(context, this.#recording.waitedFor(wait), room);
    if (text === "") {
      return;
    }
    const outcome = this.#recording.waits.outcome[wait];
    if (outcome !== RELEASED) { // the pattern would be behind the letters
      context.fillStyle = this.#colours.outcomes[outcome];
      context.fillRect(from + 2, top + 1, this.#measure(context, text) + 8, height - 2);
    }
    context.fillStyle = this.#colours["on-bar"];
    context.textBaseline = "middle";
    context.fillText(text, from + 6, top + height / 2 + 0.5);
  }

  #outline(context, left, top, width, height) {
    context.strokeStyle = this.#colours.ink;
    context.lineWidth = 1.6;
    context.strokeRect(left - 1.3, top - 1.3, width + 2.6, height + 2.6);
  }

  #drawSet(context, row) {
    const { top, height } = this.body(row);
    const spans = this.#setSpansOf(row.members[0]);
    context.fillStyle = this.#colours.set;
    this.#each(spans, (i) => {
      const left = Math.max(this.x(spans.starts[i]), this.left - 6);
      const right = Math.min(this.x(spans.ends[i]), this.width - this.right + 6);
      context.globalAlpha = 0.38;
      context.fillRect(left, top, right - left, height);
      this.drawn.spans++;
    }, (pixel, i, j, share) => {
      context.globalAlpha = 0.2 + 0.3 * share;
      context.fillRect(pixel, top, 1, height);
      this.drawn.spans += j - i;
    });
    context.globalAlpha = 1;
  }

  /** How many of a group wait, or are set, as an area: of those that are chosen, and in a lighter shade of all. */
  #drawCrowd(context, row) {
    const isEvent = row.kind === "event";
    const all = this.#crowdOf(row);
    context.globalAlpha = (isEvent ? 0.5 : 0.92) * (this.chosen === null ? 1 : 0.25);
    this.#drawArea(context, row, all);
    if (!isEvent) {
      if (this.chosen !== null) {
        context.globalAlpha = 0.92;
        this.#drawArea(context, row, this.#of(this.#chosenCrowds, row, () => this.#crowdOfWaits(row, this.chosen.waits)));
      }
      for (let outcome = 0; outcome <= 3; outcome++) {
        this.drawn.waits += all.touching(outcome, this.view.from, this.view.to);
      }
    }
    context.globalAlpha = 1;
  }

  /** The outcomes stand on one another. Whatever happened is a pixel high at least. */
  #drawArea(context, row, crowd) {
    const { top, height } = this.body(row);
    const colours = row.kind === "event" ? [this.#colours.set] : this.#colours.outcomes;
    const unit = height / row.members.length;
    const runs = colours.map(() => ({ x: 0, y: 0, h: 0, width: 0 }));
    const flush = (outcome) => {
      const run = runs[outcome];
      if (run.h > 0) {
        context.fillStyle = run.width > 5 && row.kind === "thread" ? this.#fill(context, outcome) : colours[outcome];
        context.fillRect(run.x, run.y, run.width, run.h);
      }
    };
    for (let x = this.left; x < this.width - this.right; x++) {
      const [from, to] = [this.time(x), this.time(x + 1)];
      let y = top + height;
      for (let outcome = 0; outcome < colours.length; outcome++) {
        const h = crowd.touching(outcome, from, to) === 0 ? 0 : Math.max(1, crowd.average(outcome, from, to) * unit);
        y -= h;
        const run = runs[outcome];
        if (Math.abs(run.h - h) < 0.01 && Math.abs(run.y - y) < 0.01) {
          run.width++;
        } else {
          flush(outcome);
          runs[outcome] = { x, y, h, width: 1 };
        }
      }
    }
    colours.forEach((_, outcome) => flush(outcome));
  }

  /**
   * The sets and clears: of the event on its track, and of the thread in its lane. Where they crowd they are ticks, of
   * those at one place one; on a group they are ticks below.
   */
  #drawMarks(context, row) {
    const { rows, starts } = this.#marksOf(row);
    const { clear, changed } = this.#recording.changes;
    const y = row.isGroup ? this.body(row).top + this.body(row).height + 5 : this.middle(row);
    const last = lowerBound(starts, this.view.to);
    const near = this.nanosPerPixel * 6;
    let i = lowerBound(starts, this.view.from);
    while (i < last) {
      const change = rows[i];
      const strong = this.#isStrong(change);
      const crowded = row.isGroup || (i > 0 && starts[i] - starts[i - 1] < near)
        || (i + 1 < starts.length && starts[i + 1] - starts[i] < near);
      const x = this.x(starts[i]);
      const next = crowded && !strong ? Math.max(i + 1, lowerBound(starts, this.time(Math.floor(x) + 1), i, last)) : i + 1;
      if (row.kind === "event") {
        this.drawn.changes += next - i;
      }
      context.globalAlpha = this.chosen !== null && !this.chosen.changes[change] ? 0.2 : 1;
      if (crowded && !strong) {
        context.fillStyle = changed[change] ? this.#colours.mark : this.#colours.muted;
        context.globalAlpha *= clear[change] ? 0.45 : 0.85;
        const tall = row.isGroup ? 5 : changed[change] ? 11 : 5;
        context.fillRect(Math.floor(x), y - tall / 2, 1, tall);
      } else {
        this.#drawMark(context, x, y, clear[change], changed[change], strong);
      }
      i = next;
    }
    context.globalAlpha = 1;
  }

  #drawMark(context, x, y, clear, changed, strong) {
    const r = strong ? 6 : changed ? 4.5 : 3.5;
    const up = clear ? -r : r;
    context.beginPath();
    [[-r, up * 0.8], [r, up * 0.8], [0, -up]].forEach(([dx, dy]) => context.lineTo(x + dx, y + dy));
    context.closePath();
    context.fillStyle = changed ? this.#colours.mark : this.#colours.paper;
    context.fill();
    context.strokeStyle = changed ? this.#colours.mark : this.#colours.muted;
    context.lineWidth = 1.3;
    context.stroke();
  }

  // Joins

  #isStrong(change) {
    return [this.pointed, this.selected].some((thing) => thing?.kind === "change" && thing.index === change
      || thing?.kind === "wait" && this.#recording.waits.change[thing.index] === change);
  }

  /** The waits that are pointed at or selected, themselves or by their set. */
  #strongWaits() {
    const strong = new Set();
    for (const thing of [this.pointed, this.selected]) {
      if (thing?.kind === "wait") {
        strong.add(thing.index);
      } else if (thing?.kind === "change") {
        this.#recording.releasedBy.of(thing.index).forEach((wait) => strong.add(wait));
      }
    }
    return strong;
  }

  #joinsInView() {
    const { start, count } = this.#recording.changes;
    const { from: offsets } = this.#recording.releasedBy;
    const [first, last] = [lowerBound(start, this.view.from), lowerBound(start, this.view.to)];
    const joins = [];
    const strong = new Set();
    for (const thing of [this.pointed, this.selected]) {
      const change = thing?.kind === "change" ? thing.index : thing?.kind === "wait" ? this.#recording.waits.change[thing.index] : -1;
      if (change >= 0) {
        strong.add(change);
      }
    }
    if (count > 0 && last - first <= JOINS_AT_ONCE && offsets[last] - offsets[first] <= JOINS_AT_ONCE) {
      for (let change = first; change < last; change++) {
        joins.push({ change, strong: strong.has(change) });
      }
    } else {
      strong.forEach((change) => joins.push({ change, strong: true }));
    }
    this.#faint = joins.length > 60 ? 0.32 : 0.55;
    return joins;
  }

  #faint = 0.55;

  #drawJoin(context, { change, strong }) {
    const { thread, event, start, changed } = this.#recording.changes;
    const x = this.x(start[change]);
    if (x < this.left || x > this.width - this.right) {
      return;
    }
    const waits = this.#recording.releasedBy.of(change);
    const rows = new Set([...waits].map((wait) => this.rowOf.thread.get(this.#recording.waits.thread[wait])));
    const through = [this.rowOf.event.get(event[change]), this.rowOf.thread.get(thread[change]), ...rows]
      .filter((row) => row !== undefined)
      .map((row) => row.top < this.pinned ? this.middle(row) : Math.max(this.pinned, Math.min(this.height, this.middle(row))));
    const dim = this.chosen !== null && !this.chosen.changes[change] && ![...waits].some((wait) => this.chosen.waits[wait]);
    context.globalAlpha = dim && !strong ? 0.12 : strong ? 1 : changed[change] ? this.#faint : 0.2;
    context.fillStyle = this.#colours.mark;
    const width = strong ? 1.8 : 1;
    context.fillRect(x - width / 2, Math.min(...through), width, Math.max(...through) - Math.min(...through));
    context.globalAlpha = 1;
  }

  /** The dots by which a line ends waits, on their bars. */
  #drawDots(context, { change, strong }) {
    const x = this.x(this.#recording.changes.start[change]);
    const waits = this.#recording.releasedBy.of(change);
    if (waits.length === 0 || x < this.left || x > this.width - this.right) {
      return;
    }
    this.drawn.joins++;
    context.fillStyle = this.#colours.mark;
    for (const wait of waits) {
      this.drawn.joined.push([wait, change]);
      const row = this.rowOf.thread.get(this.#recording.waits.thread[wait]);
      if (this.middle(row) > this.pinned) {
        context.globalAlpha = this.chosen === null || this.chosen.waits[wait] || strong ? 1 : 0.15;
        context.beginPath();
        context.arc(x, this.middle(row), row.isGroup ? 4 : strong ? 3.4 : 2.4, 0, 7);
        context.fill();
      }
    }
    context.globalAlpha = 1;
  }

  // The overview: all of the time, with the part that is in view

  #overviewColumns = null;

  #drawOverview(scale) {
    const height = 62;
    const context = Chart.#sized(this.#overview, this.width, height, scale);
    const { from, to } = this.#recording;
    context.fillStyle = this.#colours.paper;
    context.fillRect(0, 0, this.width, height);
    const columns = this.#overviewColumns ??= this.#count(Math.max(1, Math.floor(this.plot)));
    const [top, tall] = [6, 28];
    context.fillStyle = this.#colours.lane;
    context.fillRect(this.left, top, this.plot, tall);
    context.beginPath();
    context.moveTo(this.left, top + tall);
    columns.waiting.forEach((waiting, i) => {
      const y = top + tall - waiting / columns.most * (tall - 4);
      context.lineTo(this.left + i, y);
      context.lineTo(this.left + i + 1, y);
    });
    context.lineTo(this.left + columns.waiting.length, top + tall);
    context.fillStyle = this.#colours.outcomes[RELEASED];
    context.globalAlpha = 0.55;
    context.fill();
    context.globalAlpha = 1;
    columns.worst.forEach((outcome, i) => {
      if (outcome !== RELEASED) {
        context.fillStyle = this.#colours.outcomes[outcome];
        context.fillRect(this.left + i, top + tall - 4, 1, 4);
      }
    });
    const left = this.left + (this.view.from - from) / (to - from) * this.plot;
    const right = this.left + (this.view.to - from) / (to - from) * this.plot;
    this.window = { left, right: Math.max(right, left + 2) };
    if (right - left < this.plot - 0.5) {
      context.fillStyle = this.#colours.paper;
      context.globalAlpha = 0.66;
      context.fillRect(this.left, top, left - this.left, tall);
      context.fillRect(right, top, this.left + this.plot - right, tall);
      context.globalAlpha = 1;
      context.strokeStyle = this.#colours.accent;
      context.lineWidth = 1.5;
      context.strokeRect(left, top - 0.5, Math.max(2, right - left), tall + 1);
    }
    context.font = this.font(400, 11.5);
    context.textBaseline = "alphabetic";
    context.fillStyle = this.#colours.muted;
    const { step } = this;
    let free = 0;
    for (const tick of this.#ticks()) {
      const text = moment(tick, step);
      const wide = context.measureText(text).width;
      const x = Math.min(Math.max(this.x(tick) - wide / 2, 4), this.width - wide - 4);
      context.fillRect(Math.round(this.x(tick)), height - 5, 1, 5);
      if (x >= free) {
        context.fillText(text, x, height - 9);
        free = x + wide + 10;
      }
    }
    if (this.cursor !== null && this.cursor >= this.left) {
      const text = moment(this.time(this.cursor), Math.max(1, step / 100));
      const wide = context.measureText(text).width;
      const x = Math.min(Math.max(this.cursor - wide / 2, 6), this.width - wide - 6);
      context.fillStyle = this.#colours.ink;
      context.beginPath();
      context.roundRect(x - 6, height - 22, wide + 12, 18, 4);
      context.fill();
      context.fillStyle = this.#colours.paper;
      context.fillText(text, x, height - 9);
    }
  }

  /** How many threads wait, and the worst outcome, for each pixel of the overview. */
  #count(width) {
    const { from, to, waits } = this.#recording;
    const perPixel = (to - from) / width;
    const waiting = new Float64Array(width + 1);
    const worst = new Uint8Array(width);
    for (let wait = 0; wait < waits.count; wait++) {
      const a = (waits.start[wait] - from) / perPixel;
      const b = (waits.end[wait] - from) / perPixel;
      // A running sum of differences: the share of the first pixel and of the last that is covered, and all between.
      const [i, j] = [Math.floor(a), Math.min(width - 1, Math.floor(b))];
      if (i === j) {
        waiting[i] += b - a;
        waiting[i + 1] -= b - a;
      } else {
        waiting[i] += i + 1 - a;
        waiting[i + 1] += a - i;
        waiting[j] -= 1 - (b - j);
        waiting[j + 1] -= b - j;
      }
      if (waits.outcome[wait] > 0) {
        worst[j] = Math.max(worst[j], waits.outcome[wait]);
      }
    }
    let most = 1;
    let sum = 0;
    for (let i = 0; i < width; i++) {
      sum += waiting[i];
      waiting[i] = Math.max(0, sum);
      most = Math.max(most, sum);
    }
    return { waiting: waiting.subarray(0, width), worst, most };
  }

  // What is where

  rowAt(y) {
    const at = y < this.pinned ? y : y + this.scroll;
    return this.rows.find((row) => row.kind !== "heading" && row.top <= at && at < row.top + row.height) ?? null;
  }

  /** What is at a place of the canvas: a wait, a set or clear, a row, or nothing. */
  at(x, y, reach = 4) {
    const row = this.rowAt(y);
    if (row === null || x < this.left - reach) {
      return row && { kind: "row", row };
    }
    const change = row.isGroup && row.folded ? null : this.#changeAt(row, x, reach + 2);
    if (row.kind === "event" || row.isGroup) {
      return change ?? { kind: "row", row };
    }
    const { starts, ends, rows } = this.#spansOf(row.members[0]);
    const time = this.time(x);
    const slack = reach * this.nanosPerPixel;
    let best = null;
    let distance = Infinity;
    const i = upperBound(starts, time) - 1;
    for (const k of [i, i + 1]) {
      if (k >= 0 && k < rows.length) {
        const away = time < starts[k] ? starts[k] - time : Math.max(0, time - ends[k]);
        if (away <= slack && away < distance) {
          distance = away;
          best = { kind: "wait", index: rows[k] };
        }
      }
    }
    return best !== null && (distance === 0 || change === null) ? best : change ?? { kind: "row", row };
  }

  #changeAt(row, x, reach) {
    const { rows, starts } = this.#marksOf(row);
    const time = this.time(x);
    let best = null;
    let distance = reach * this.nanosPerPixel;
    const i = lowerBound(starts, time);
    for (const k of [i - 1, i]) {
      if (k >= 0 && k < rows.length && Math.abs(starts[k] - time) <= distance) {
        distance = Math.abs(starts[k] - time);
        best = { kind: "change", index: rows[k] };
      }
    }
    return best;
  }

  /** Where something is drawn, from left to right and in the middle of its row, in pixels of the canvas; else null. */
  placeOf(thing) {
    if (thing.kind === "row") {
      return null;
    }
    const isWait = thing.kind === "wait";
    const { start, end, thread, event } = isWait ? this.#recording.waits : this.#recording.changes;
    const row = isWait ? this.rowOf.thread.get(thread[thing.index]) : this.rowOf.event.get(event[thing.index]);
    const [left, right] = [this.x(start[thing.index]), this.x((isWait ? end : start)[thing.index])];
    return row === undefined ? null : { left, right, x: (left + right) / 2, y: this.middle(row), folded: row.isGroup };
  }
}
