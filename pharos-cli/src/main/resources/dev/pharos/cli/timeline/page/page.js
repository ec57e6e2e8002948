// SPDX-License-Identifier: Apache-2.0
"use strict";

/*
 * The page around the chart: what is told in words, and what the mouse, the keys and fingers do.
 *
 * Names come from programs. Here they are only ever the text of a node, and never a part of HTML.
 */

const byId = (id) => document.getElementById(id);

/** An element with attributes and contents, where a text is a text. */
function element(name, attributes = {}, ...contents) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      made.addEventListener(key, value);
    } else if (value !== null && value !== false) {
      made.setAttribute(key, value === true ? "" : value);
    }
  }
  made.append(...contents);
  return made;
}

class Page {
  #recording;
  #chart;
  #found = null;
  #announced = "";
  #passing = -Infinity; // when the wheel last scrolled the page

  constructor(recording) {
    this.#recording = recording;
    this.#head();
    byId("main").hidden = false;
    this.#chart = new Chart(recording, {
      canvas: byId("lanes"),
      overview: byId("overview"),
      scroller: byId("scroller"),
      sizer: byId("sizer"),
    }, () => this.#afterFrame());
    this.#chart.readColours();
    this.#chart.layout();
    this.#legend();
    this.#listenToPointers();
    this.#listenToOverview();
    this.#listenToKeys();
    this.#listenToTools();
    this.#listenToSurroundings();
    byId("fold").hidden = this.#chart.groups.length === 0;
  }

  get chart() {
    return this.#chart;
  }

  get found() {
    return this.#found;
  }

  // In words

  #head() {
    const { name, began, waits, changes, threads, events, lost, gaps } = this.#recording;
    document.title = name + " \u2013 Pharos timeline";
    byId("title").textContent = name;
    const times = began.replace("T", " ").replace(/\.\d+Z$|Z$/, "");
    byId("status").textContent = waits.count + changes.count === 0
      ? "This recording has no wait, no set and no clear of a Pharos event."
      : "Began " + times + " UTC, took " + duration(this.#recording.duration);
    const sum = (column) => this.#recording.summary.reduce((total, row) => total + row[column], 0);
    for (const [term, value] of [["Threads", number(threads.length)], ["Events", number(events.length)],
      ["Waits", number(waits.count)], ["Waited in all", duration(sum("waited_ns"))],
      ["Timed out", number(sum("timeouts"))], ["Redundant sets", number(sum("redundant_sets"))]]) {
      byId("figures").append(element("div", {}, element("dt", {}, term), element("dd", {}, value)));
    }
    const missing = lost > 0 ? ["The program lost " + number(lost) + " bytes of records: some waits, sets or clears are missing."] : [];
    byId("gaps").append(...[...missing, ...gaps].map((gap) => element("li", {}, gap)));
  }

  #legend() {
    const { outcomes, kinds, waits } = this.#recording;
    const counts = outcomes.map(() => 0);
    waits.outcome.forEach((outcome) => counts[outcome]++);
    const legend = byId("legend");
    outcomes.forEach((outcome, i) => {
      if (counts[i] > 0) {
        legend.append(element("li", {}, element("button", {
          type: "button",
          title: "Search for these",
          click: () => this.#search(outcome, true),
        }, element("span", { class: "swatch o" + i }), outcome + " " + number(counts[i]))));
      }
    });
    const mark = (path, style, text) => {
      const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      Object.entries({ width: 12, height: 12, viewBox: "-6 -6 12 12", "aria-hidden": "true" })
        .forEach(([key, value]) => svg.setAttribute(key, value));
      const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
      shape.setAttribute("d", path);
      shape.setAttribute("class", style);
      svg.append(shape);
      legend.append(element("li", {}, svg, text));
    };
    legend.append(element("li", {}, element("span", { class: "swatch set" }), "event is set"));
    kinds.forEach((kind, i) => mark(i % 2 === 0 ? "M-4.5 3.6h9L0-4.5z" : "M-4.5-3.6h9L0 4.5z", i < 2 ? "full" : "faint", kind));
    mark("M0-6V6M-2.4 2a2.4 2.4 0 1 0 4.8 0a2.4 2.4 0 1 0-4.8 0z", "full", "released");
  }

  /** A moment of the recording in full. */
  #moment(nanos) {
    return moment(nanos, this.#recording.duration < 1e7 ? 1 : this.#recording.duration < 1e11 ? 1e3 : 1e6);
  }

  #nameOf(thread) {
    return this.#recording.threads[thread].name;
  }

  #waitTitle(wait) {
    return this.#nameOf(this.#recording.waits.thread[wait]) + " waited " + duration(this.#recording.waited(wait));
  }

  #changeTitle(change) {
    const { thread, event, clear } = this.#recording.changes;
    return this.#nameOf(thread[change]) + (clear[change] ? " cleared " : " set ") + this.#recording.events[event[change]].name;
  }

  #waitedFor(wait) {
    return this.#recording.waitedFor(wait) + (this.#recording.waits.clear[wait] ? " to be clear" : "");
  }

  #releasedHow(wait) {
    const { waits, changes } = this.#recording;
    const change = waits.change[wait];
    if (change < 0) {
      return this.#recording.outcomes[waits.outcome[wait]];
    }
    return "released by " + this.#nameOf(changes.thread[change]) + ", awake "
      + duration(Math.max(0, waits.end[wait] - changes.start[change])) + " later";
  }

  #effect(change) {
    const { changed, clear, released } = this.#recording.changes;
    return changed[change] === 0 ? "changed nothing: it was " + (clear[change] ? "clear" : "set") + " already"
      : released[change] === 0 ? "nobody waited" : "released " + number(released[change]);
  }

  #textOf(thing) {
    const { waits, changes } = this.#recording;
    if (thing.kind === "wait") {
      return "Wait " + number(thing.index + 1) + " of " + number(waits.count) + ": " + this.#waitTitle(thing.index) + " for "
        + this.#waitedFor(thing.index) + ", " + this.#releasedHow(thing.index) + ".";
    } else if (thing.kind === "change") {
      return "Set or clear " + number(thing.index + 1) + " of " + number(changes.count) + ": " + this.#changeTitle(thing.index)
        + ", " + this.#effect(thing.index) + ".";
    }
    const { row } = thing;
    const waiting = row.members.reduce((sum, member) => sum
      + (row.kind === "event" ? this.#recording.waitsFor : this.#recording.waitsOf).of(member).length, 0);
    return (row.kind === "event" ? "Event " : "Thread ") + row.name + (row.isGroup
      ? ", a group of " + number(row.members.length) + (row.folded ? ", folded" : ", unfolded") : "") + ", " + plural(waiting, "wait") + ".";
  }

  #announce(text) {
    if (text !== this.#announced) {
      this.#announced = text;
      byId("live").textContent = text;
    }
  }

  // Selection

  select(thing, { fit = false, details = false, reveal = true } = {}) {
    this.#chart.selected = thing;
    if (thing === null) {
      byId("details").hidden = true;
    } else {
      if (reveal) {
        this.#chart.reveal(thing, { fit });
      }
      this.#announce(this.#textOf(thing));
      if (details || !byId("details").hidden) {
        this.#showDetails(thing);
      }
    }
    this.#chooseWhatIsInFullColour();
    this.#chart.redraw();
  }

  /** What was found; else, with an event selected, what concerns it. */
  #chooseWhatIsInFullColour() {
    const { selected } = this.#chart;
    if (this.#found !== null) {
      this.#chart.choose(this.#found);
    } else if (selected?.kind === "row" && selected.row.kind === "event") {
      const wanted = new Set(selected.row.members);
      const { waits, changes } = this.#recording;
      this.#chart.choose({
        waits: Uint8Array.from(waits.event, (event) => wanted.has(event) ? 1 : 0),
        changes: Uint8Array.from(changes.event, (event) => wanted.has(event) ? 1 : 0),
      });
    } else if (this.#chart.chosen !== null) {
      this.#chart.choose(null);
    }
  }

  #showDetails(thing) {
    const details = byId("details");
    const wasHidden = details.hidden;
    details.replaceChildren(
      element("button", { type: "button", class: "close", "aria-label": "Close", click: () => this.#closeDetails() }, "\u00d7"),
      ...(thing.kind === "wait" ? this.#detailsOfWait(thing.index)
        : thing.kind === "change" ? this.#detailsOfChange(thing.index) : this.#detailsOfRow(thing.row)));
    details.hidden = false;
    details.scrollTop = 0;
    if (wasHidden) {
      this.#chart.layout();
    }
    // On a small screen the details are a sheet, which is not to cover what they are of.
    const place = this.#chart.placeOf(thing);
    const below = place === null ? 0
      : byId("lanes").getBoundingClientRect().top + place.y + 24 - details.getBoundingClientRect().top;
    if (getComputedStyle(details).position === "fixed" && below > 0) {
      window.scrollBy(0, below);
    }
  }

  #closeDetails() {
    byId("details").hidden = true;
    this.#chart.layout();
    byId("lanes").focus({ preventScroll: true });
  }

  #list(entries) {
    return element("dl", {}, ...entries.filter((entry) => entry !== null)
      .flatMap(([term, ...values]) => [element("dt", {}, term), element("dd", {}, ...values)]));
  }

  #stack(row, columns) {
    const stack = this.#recording.stack(row, columns);
    return stack === "" ? [] : [element("h3", {}, "Stack trace"), element("pre", { tabindex: 0 }, stack)];
  }

  #link(text, thing) {
    return element("button", { type: "button", class: "link", click: () => this.select(thing, { details: true }) }, text);
  }

  #swatch(wait) {
    return element("span", { class: "swatch o" + this.#recording.waits.outcome[wait] });
  }

  #detailsOfWait(wait) {
    const { waits, changes, outcomes } = this.#recording;
    const change = waits.change[wait];
    const timeout = waits.timeout[wait];
    return [
      element("h2", {}, this.#waitTitle(wait)),
      this.#list([
        ["For", this.#waitedFor(wait)],
        ["Outcome", this.#swatch(wait), " ", outcomes[waits.outcome[wait]]],
        ["Began", this.#moment(waits.start[wait])],
        ["Ended", this.#moment(waits.end[wait])],
        ["Time limit", timeout < 0 ? "none" : duration(timeout)],
        change < 0 ? null : ["Released by", this.#link(this.#changeTitle(change), { kind: "change", index: change })],
        change < 0 ? null : ["Awake after", duration(Math.max(0, waits.end[wait] - changes.start[change]))],
      ]),
      ...this.#stack(wait, waits),
    ];
  }

  #detailsOfChange(change) {
    const { changes, waits } = this.#recording;
    const released = [...this.#recording.releasedBy.of(change)];
    const last = released.reduce((latest, wait) => Math.max(latest, waits.end[wait]), 0);
    return [
      element("h2", {}, this.#changeTitle(change)),
      this.#list([
        ["At", this.#moment(changes.start[change])],
        ["Took", duration(changes.end[change] - changes.start[change])],
        ["Effect", this.#effect(change)],
        released.length === 0 ? null : ["Last awake", duration(Math.max(0, last - changes.start[change])) + " later"],
      ]),
      ...(released.length === 0 ? [] : [element("h3", {}, "Released"), element("ul", {},
        ...released.slice(0, 50).map((wait) => element("li", {},
          this.#link(this.#waitTitle(wait), { kind: "wait", index: wait }))),
        ...(released.length > 50 ? [element("li", {}, "and " + number(released.length - 50) + " more")] : []))]),
      ...this.#stack(change, changes),
    ];
  }

  #detailsOfRow(row) {
    const { events, threads, changes } = this.#recording;
    const isEvent = row.kind === "event";
    const [member] = row.members;
    const rows = (of) => row.members.flatMap((one) => [...of.of(one)]);
    const waits = rows(isEvent ? this.#recording.waitsFor : this.#recording.waitsOf);
    const own = rows(isEvent ? this.#recording.changesOf : this.#recording.changesBy);
    const longest = waits.reduce((most, wait) => most < 0 || this.#recording.waited(wait) > this.#recording.waited(most) ? wait : most, -1);
    const sets = own.filter((change) => changes.clear[change] === 0);
    return [
      element("h2", {}, row.name),
      this.#list([
        row.isGroup ? [isEvent ? "Events" : "Threads", number(row.members.length)]
          : isEvent ? ["Identity", events[member].identity]
            : ["Thread", "number " + threads[member].id + (threads[member].virtual ? ", virtual" : "")],
        ["Waits", number(waits.length)],
        ["Waited", duration(waits.reduce((sum, wait) => sum + this.#recording.waited(wait), 0))],
        longest < 0 ? null : ["Longest", this.#link(this.#waitTitle(longest), { kind: "wait", index: longest })],
        ["Timed out", number(waits.filter((wait) => this.#recording.waits.outcome[wait] === TIMED_OUT).length)],
        ["Sets", number(sets.length) + ", " + number(sets.filter((change) => !changes.changed[change]).length) + " redundant"],
        ["Clears", number(own.length - sets.length)],
      ]),
    ];
  }

  // Search

  #search(query, show = false) {
    const input = byId("query");
    if (show) {
      input.value = query;
    }
    this.#found = query.trim() === "" ? null : this.#recording.find(query);
    const none = this.#found === null || this.#found.waitCount + this.#found.changeCount === 0;
    byId("previous").disabled = byId("next").disabled = none;
    byId("found").textContent = this.#found === null ? "" : none ? "nothing found"
      : plural(this.#found.waitCount, "wait") + ", " + plural(this.#found.changeCount, "set or clear", "sets and clears");
    this.#chooseWhatIsInFullColour();
  }

  /** The next wait in time, or set and clear, of those that were found if there are any. */
  step(kind, direction) {
    const columns = kind === "wait" ? this.#recording.waits : this.#recording.changes;
    const among = this.#found === null ? null : kind === "wait" ? this.#found.waits : this.#found.changes;
    const { selected, goal } = this.#chart;
    let index = selected?.kind === kind ? selected.index + direction
      : direction > 0 ? lowerBound(columns.start, selected === null || selected.kind === "row" ? goal.from : this.#startOf(selected))
        : lowerBound(columns.start, selected === null || selected.kind === "row" ? goal.to : this.#startOf(selected)) - 1;
    while (index >= 0 && index < columns.count && among !== null && among[index] === 0) {
      index += direction;
    }
    if (index >= 0 && index < columns.count) {
      this.select({ kind, index });
    } else {
      this.#announce("No more " + (kind === "wait" ? "waits" : "sets and clears") + (direction > 0 ? " after this." : " before this."));
    }
  }

  #startOf(thing) {
    return (thing.kind === "wait" ? this.#recording.waits : this.#recording.changes).start[thing.index];
  }

  /** The next or previous of what was found; if only sets and clears were, of these. */
  #stepInFound(direction) {
    this.step(this.#found !== null && this.#found.waitCount === 0 ? "change" : "wait", direction);
  }

  #stepLane(direction) {
    const rows = this.#chart.rows.filter((row) => row.kind !== "heading");
    const { selected } = this.#chart;
    const current = selected === null ? null : selected.kind === "row" ? selected.row
      : selected.kind === "wait" ? this.#chart.rowOf.thread.get(this.#recording.waits.thread[selected.index])
        : this.#chart.rowOf.event.get(this.#recording.changes.event[selected.index]);
    const at = rows.indexOf(current);
    const row = rows[Math.max(0, Math.min(rows.length - 1, current === null ? (direction > 0 ? 0 : rows.length - 1) : at + direction))];
    if (row !== undefined) {
      this.select({ kind: "row", row });
    }
  }

  // The tip beside the mouse

  #tip(thing, x, y) {
    const tip = byId("tip");
    if (thing === null || (thing.kind === "row" && x >= this.#chart.left && !thing.row.isGroup)) {
      tip.hidden = true;
      return;
    }
    const { waits, changes } = this.#recording;
    const lines = [];
    let stack = "";
    if (thing.kind === "wait") {
      lines.push(element("p", {}, element("strong", {}, this.#waitTitle(thing.index)), " for " + this.#waitedFor(thing.index)),
        element("p", {}, this.#swatch(thing.index), " " + this.#releasedHow(thing.index)));
      stack = this.#recording.stack(thing.index, waits);
    } else if (thing.kind === "change") {
      lines.push(element("p", {}, element("strong", {}, this.#changeTitle(thing.index))),
        element("p", {}, this.#effect(thing.index) + ", at " + this.#moment(changes.start[thing.index])));
      stack = this.#recording.stack(thing.index, changes);
    } else {
      lines.push(element("p", {}, element("strong", {}, thing.row.name)), element("p", {}, this.#textOf(thing).replace(/^[^,]*, /, "")
        + (!thing.row.isGroup ? "" : thing.row.folded
          ? " The height tells how many " + (thing.row.kind === "event" ? "are set" : "wait") + ". Click to unfold." : " Click to fold.")));
    }
    const frames = stack.split("\n").slice(0, 3).filter((frame) => frame !== "");
    if (frames.length > 0) {
      lines.push(element("code", {}, ...frames.flatMap((frame) => [frame, element("br")]).slice(0, -1)));
    }
    tip.replaceChildren(...lines);
    tip.hidden = false;
    const { width, height } = this.#chart;
    const top = byId("scroller").offsetTop;
    const left = x + 16 + tip.offsetWidth > width ? Math.max(4, x - 16 - tip.offsetWidth) : x + 16;
    const below = top + y + 18;
    const shift = below + tip.offsetHeight > top + height + 40 && y > tip.offsetHeight ? top + y - 14 - tip.offsetHeight : below;
    tip.style.transform = "translate(" + Math.round(left) + "px," + Math.round(shift) + "px)";
  }

  #point(thing, x, y) {
    const { pointed } = this.#chart;
    const same = pointed?.kind === thing?.kind && pointed?.index === thing?.index && pointed?.row === thing?.row;
    this.#chart.pointed = thing;
    if (!same || thing !== null) {
      this.#tip(thing, x, y);
    }
    byId("lanes").style.cursor = thing !== null && (thing.kind !== "row" || thing.row.isGroup) ? "pointer" : "default";
    this.#chart.redraw();
  }

  // Mouse and fingers

  #listenToPointers() {
    const canvas = byId("lanes");
    const scroller = byId("scroller");
    const down = new Map(); // where each finger, or the mouse, is
    let moved = false;
    let start = null;
    const place = (event) => {
      const { left, top } = canvas.getBoundingClientRect();
      return { x: event.clientX - left, y: event.clientY - top };
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) {
        return;
      }
      canvas.setPointerCapture(event.pointerId);
      down.set(event.pointerId, place(event));
      moved = down.size > 1;
      start = { ...place(event), view: this.#chart.goal, scroll: scroller.scrollTop };
    });
    canvas.addEventListener("pointermove", (event) => {
      const to = place(event);
      const from = down.get(event.pointerId);
      if (from === undefined) {
        this.#chart.cursor = to.x;
        this.#point(this.#chart.at(to.x, to.y), to.x, to.y);
        return;
      }
      if (down.size === 1) {
        const [dx, dy] = [to.x - start.x, to.y - start.y];
        moved ||= Math.hypot(dx, dy) > 4;
        if (moved) {
          this.#point(null);
          const shift = dx * (start.view.to - start.view.from) / this.#chart.plot;
          this.#chart.show(start.view.from - shift, start.view.to - shift);
          if (event.pointerType === "mouse") {
            scroller.scrollTop = start.scroll - dy;
          }
        }
        down.set(event.pointerId, to);
      } else if (down.size === 2) {
        const [other] = [...down].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
        const [before, after] = [from, to].map((at) => ({ middle: (at.x + other.x) / 2, span: Math.max(12, Math.abs(at.x - other.x)) }));
        const time = this.#chart.time(before.middle);
        this.#chart.zoom(before.span / after.span, time);
        this.#chart.pan((before.middle - after.middle) * this.#chart.nanosPerPixel);
        down.set(event.pointerId, to);
        start = { ...other, view: this.#chart.goal, scroll: scroller.scrollTop };
      }
    });
    const up = (event) => {
      if (!down.delete(event.pointerId)) {
        return;
      }
      if (down.size === 1) {
        const [[, rest]] = down;
        start = { ...rest, view: this.#chart.goal, scroll: scroller.scrollTop };
      } else if (event.type === "pointerup" && !moved) {
        this.#click(place(event), event.pointerType === "mouse" ? 4 : 14);
      }
    };
    canvas.addEventListener("pointerup", up);
    canvas.addEventListener("pointercancel", up);
    canvas.addEventListener("pointerleave", () => {
      this.#chart.cursor = null;
      this.#point(null);
    });
    canvas.addEventListener("dblclick", (event) => {
      const { x, y } = place(event);
      const thing = this.#chart.at(x, y);
      if (thing?.kind === "wait") {
        this.select(thing, { fit: true });
      } else if (x >= this.#chart.left && !thing?.row?.isGroup) {
        this.#chart.zoom(0.25, this.#chart.time(x), true);
      }
    });
    canvas.addEventListener("wheel", (event) => this.#wheel(event, place(event).x), { passive: false });
    window.addEventListener("wheel", (event) => {
      if (event.target !== canvas) {
        this.#passing = event.timeStamp;
      }
    }, { passive: true });
    scroller.addEventListener("scroll", () => this.#chart.redraw());
  }

  #click({ x, y }, reach) {
    const thing = this.#chart.at(x, y, reach);
    if (thing?.kind === "row" && thing.row.isGroup) {
      this.#chart.toggle(thing.row);
      this.select(thing, { reveal: false });
    } else if (thing?.kind === "row" && x >= this.#chart.left) {
      this.select(null);
      this.#chart.layout();
    } else {
      this.select(thing, { reveal: false, details: thing !== null });
    }
    byId("lanes").focus({ preventScroll: true });
  }

  /** Zooms. But to scroll the page goes on over the chart, and where there is nothing more to see it scrolls too. */
  #wheel(event, x) {
    const scale = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 300 : 1;
    const [dx, dy] = [event.deltaX * scale, event.deltaY * scale];
    if (event.shiftKey) {
      event.preventDefault();
      byId("scroller").scrollTop += dy || dx;
    } else if (Math.abs(dx) > Math.abs(dy)) {
      event.preventDefault();
      this.#chart.pan(dx * this.#chart.nanosPerPixel);
    } else if (!event.ctrlKey && (event.timeStamp - this.#passing < 250 || (dy > 0 && this.#chart.isWhole))) {
      this.#passing = event.timeStamp;
    } else {
      event.preventDefault();
      const time = this.#chart.time(Math.max(this.#chart.left, x));
      this.#chart.zoom(Math.exp(Math.max(-120, Math.min(120, dy)) * (event.ctrlKey ? 0.01 : 0.0022)), time);
    }
  }

  #listenToOverview() {
    const overview = byId("overview");
    let grip = null;
    const time = (event) => {
      const { left } = overview.getBoundingClientRect();
      const { from, to } = this.#recording;
      const x = event.clientX - left - this.#chart.left;
      return { x: event.clientX - left, time: from + Math.max(0, Math.min(1, x / this.#chart.plot)) * (to - from) };
    };
    overview.addEventListener("pointerdown", (event) => {
      overview.setPointerCapture(event.pointerId);
      const at = time(event);
      const { left, right } = this.#chart.window;
      const inside = !this.#chart.isWhole && at.x >= left - 6 && at.x <= right + 6;
      grip = { ...at, view: this.#chart.goal, inside };
    });
    overview.addEventListener("pointermove", (event) => {
      if (grip !== null) {
        const at = time(event);
        if (grip.inside) {
          this.#chart.show(grip.view.from + at.time - grip.time, grip.view.to + at.time - grip.time);
        } else if (Math.abs(at.x - grip.x) > 3) {
          this.#chart.show(Math.min(at.time, grip.time), Math.max(at.time, grip.time));
        }
      }
    });
    overview.addEventListener("pointerup", (event) => {
      const at = time(event);
      if (grip !== null && !grip.inside && Math.abs(at.x - grip.x) <= 3 && !this.#chart.isWhole) {
        const half = (grip.view.to - grip.view.from) / 2;
        this.#chart.show(at.time - half, at.time + half, true);
      }
      grip = null;
    });
    overview.addEventListener("pointercancel", () => {
      grip = null;
    });
    overview.addEventListener("dblclick", () => this.#chart.showAll());
  }

  // Keys

  #listenToKeys() {
    document.addEventListener("keydown", (event) => {
      const { target } = event;
      if (event.ctrlKey || event.metaKey || event.altKey || byId("keys").open) {
        return;
      }
      if (target === byId("query")) {
        this.#keyInSearch(event);
        return;
      }
      // A key is for the chart unless what has the focus has a use for it.
      const isFree = target === byId("lanes") || target === byId("details") || target === document.body
        || (byId("chart").contains(target) && event.key !== "Enter" && !event.key.startsWith("Arrow") && event.key !== "Home");
      if ((isFree || ["Escape", "/", "?"].includes(event.key)) && this.#key(event)) {
        event.preventDefault();
      }
    });
  }

  #keyInSearch(event) {
    if (event.key === "Enter") {
      event.preventDefault();
      if (this.#found !== null) {
        this.#stepInFound(event.shiftKey ? -1 : 1);
      }
    } else if (event.key === "Escape") {
      event.preventDefault();
      this.#search("", true);
      byId("lanes").focus({ preventScroll: true });
    }
  }

  /** Does what a key is for; false if it is for nothing here. */
  #key(event) {
    const chart = this.#chart;
    const span = chart.goal.to - chart.goal.from;
    switch (event.key.length === 1 ? event.key.toLowerCase() : event.key) {
      case "ArrowLeft": chart.pan(-span / 5, true); break;
      case "ArrowRight": chart.pan(span / 5, true); break;
      case "ArrowUp": this.#stepLane(-1); break;
      case "ArrowDown": this.#stepLane(1); break;
      case "+": case "=": chart.zoom(0.5, this.#centre, true); break;
      case "-": case "_": chart.zoom(2, this.#centre, true); break;
      case "0": case "Home": chart.showAll(); break;
      case "n": this.#stepInFound(1); break;
      case "p": this.#stepInFound(-1); break;
      case "s": this.step("change", event.shiftKey ? -1 : 1); break;
      case "g": this.#foldAll(); break;
      case "z":
        if (chart.selected !== null) {
          this.select(chart.selected, { fit: true });
        }
        break;
      case "Enter": this.#enter(); break;
      case "Escape": this.#escape(); break;
      case "/": byId("query").focus(); byId("query").select(); break;
      case "?": byId("keys").showModal(); break;
      default: return false;
    }
    return true;
  }

  /** Where to zoom to: what is selected, if it is in view. */
  get #centre() {
    const { selected, goal } = this.#chart;
    if (selected !== null && selected.kind !== "row") {
      const { start, end } = selected.kind === "wait" ? this.#recording.waits : this.#recording.changes;
      const middle = (start[selected.index] + end[selected.index]) / 2;
      if (goal.from <= middle && middle <= goal.to) {
        return middle;
      }
    }
    return (goal.from + goal.to) / 2;
  }

  #enter() {
    const { selected } = this.#chart;
    if (selected?.kind === "row" && selected.row.isGroup) {
      this.#chart.toggle(selected.row);
      this.#announce(this.#textOf(selected));
    } else if (selected !== null) {
      this.#showDetails(selected);
      byId("details").focus({ preventScroll: true });
    }
  }

  #escape() {
    if (!byId("details").hidden) {
      this.#closeDetails();
    } else if (this.#found !== null) {
      this.#search("", true);
    } else {
      this.select(null);
    }
  }

  #foldAll() {
    const { groups } = this.#chart;
    const fold = groups.every((row) => !row.folded);
    groups.forEach((row) => {
      row.folded = fold;
    });
    this.#chart.layout();
    this.#announce(fold ? "All groups are folded." : "All groups are unfolded.");
  }

  // The rest

  #listenToTools() {
    byId("query").addEventListener("input", (event) => this.#search(event.target.value));
    byId("search").addEventListener("submit", (event) => event.preventDefault());
    byId("next").addEventListener("click", () => this.#stepInFound(1));
    byId("previous").addEventListener("click", () => this.#stepInFound(-1));
    byId("in").addEventListener("click", () => this.#chart.zoom(0.5, this.#centre, true));
    byId("out").addEventListener("click", () => this.#chart.zoom(2, this.#centre, true));
    byId("whole").addEventListener("click", () => this.#chart.showAll());
    byId("help").addEventListener("click", () => byId("keys").showModal());
    byId("fold").addEventListener("click", () => this.#foldAll());
  }

  #listenToSurroundings() {
    let width = byId("scroller").clientWidth;
    let height = window.innerHeight;
    const root = document.documentElement.classList;
    const layout = () => {
      if (!root.contains("printing")) {
        this.#chart.layout();
      }
    };
    new ResizeObserver(() => {
      const now = byId("scroller").clientWidth;
      if (now !== width || window.innerHeight !== height) {
        [width, height] = [now, window.innerHeight];
        layout();
      }
    }).observe(document.querySelector(".picture"));
    window.addEventListener("resize", () => {
      if (window.innerHeight !== height) {
        height = window.innerHeight;
        layout();
      }
    });
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#chart.readColours());
    // On paper: light, sharp, and every lane; as wide as a page of the style sheet, so that nothing is scaled.
    window.addEventListener("beforeprint", () => {
      root.add("printing");
      this.#chart.readColours();
      this.#chart.layout({ width: 1030, height: Infinity });
      this.#chart.draw(Math.min(3, 16000 / this.#chart.height));
    });
    window.addEventListener("afterprint", () => {
      root.remove("printing");
      this.#chart.readColours();
      this.#chart.layout();
    });
  }

  #afterFrame() {
    byId("fold").textContent = this.#chart.groups.every((row) => !row.folded) ? "Fold all" : "Unfold all";
  }

  // Summary

  summarize() {
    const { waits, changes, outcomes } = this.#recording;
    const wait = (index) => ({ kind: "wait", index });
    const count = (value) => value === 0 ? element("span", { class: "none" }, "0") : number(value);
    const { summary } = this.#recording;
    const columns = [
      ["Event", (sum) => sum.name],
      ["Waits", (sum) => count(sum.waits)],
      ["Waited", (sum) => sum.waits === 0 ? count(0) : duration(sum.waited_ns)],
      ["Longest", (sum) => sum.waits === 0 ? "" : duration(sum.longest_ns)],
      ["Timed out", (sum) => count(sum.timeouts)],
      ["Interrupted", (sum) => count(sum.interrupts), summary.some((sum) => sum.interrupts > 0)],
      ["Failed", (sum) => count(sum.failures), summary.some((sum) => sum.failures > 0)],
      ["Sets", (sum) => count(sum.sets)],
      ["Redundant", (sum) => count(sum.redundant_sets)],
      ["Released", (sum) => count(sum.released)],
    ].filter(([, , wanted]) => wanted !== false);
    this.#table("events", "Events by total wait", "", summary, 20, true, columns.map(([title]) => title),
      (sum) => columns.map(([, cell]) => cell(sum)), (sum) => sum.number < 0 ? wait(sum.longest) : { event: sum.number });
    const outcome = (index) => [this.#swatch(index), outcomes[waits.outcome[index]]];
    this.#table("longest", "Longest waits", "", this.#recording.longestWaits(), 10, false,
      ["Thread", "Waited", "For", "Outcome", "Began"],
      (index) => [this.#nameOf(waits.thread[index]), duration(this.#recording.waited(index)), [this.#waitedFor(index)], outcome(index),
        this.#moment(waits.start[index])], wait);
    const timeouts = this.#recording.timeouts();
    this.#table("timeouts", "Timeouts", "Waits whose time ran out.", timeouts, 10, false,
      ["Thread", "Limit", "For", "Began"],
      (index) => [this.#nameOf(waits.thread[index]), waits.timeout[index] < 0 ? "" : duration(waits.timeout[index]), [this.#waitedFor(index)],
        this.#moment(waits.start[index])], wait);
    this.#table("redundant", "Redundant sets", "Sets of what was set already, by where they were called.", this.#recording.redundantSets, 10, false,
      ["Event", "Times", "First at", "By", "From"],
      (place) => [this.#recording.events[changes.event[place.first]].name, number(place.count), this.#moment(changes.start[place.first]),
        [this.#nameOf(changes.thread[place.first])], [place.place]],
      (place) => ({ kind: "change", index: place.first }));
  }

  /** A table each of whose rows leads to a place of the chart. What is a list in a row is a text, or more, to the left. */
  #table(id, title, note, rows, first, wide, columns, cells, place) {
    const body = element("tbody");
    const isText = [];
    let shown = 0;
    const more = element("button", { type: "button", class: "more" });
    const jump = (row) => {
      const to = place(row);
      byId("chart").scrollIntoView({ block: "start", behavior: "instant" });
      if (to.event === undefined) {
        this.select(to, { details: true });
      } else {
        const found = this.#rowOfEvent(to.event);
        if (found !== undefined) {
          this.select({ kind: "row", row: found }, { details: true });
        }
      }
      byId("lanes").focus({ preventScroll: true });
    };
    const add = (until) => {
      for (const row of rows.slice(shown, until)) {
        const [name, ...values] = cells(row);
        body.append(element("tr", { click: () => jump(row) },
          element("th", { scope: "row" }, element("button", { type: "button", class: "link" }, name)),
          ...values.map((value, i) => {
            isText[i] = Array.isArray(value);
            return element("td", { class: !isText[i] ? "number" : value.length > 1 ? "text outcome" : "text" }, ...(isText[i] ? value : [value]));
          })));
      }
      shown = Math.min(until, rows.length);
      more.hidden = shown >= rows.length;
      more.textContent = "Show " + number(Math.min(100, rows.length - shown)) + " more"
        + (rows.length - shown > 100 ? " of " + number(rows.length - shown) : "");
    };
    more.addEventListener("click", () => add(shown + 100));
    add(first);
    const heading = element("h2", { id: "title-" + id }, title + (rows.length > 0 ? " " : ""));
    heading.append(rows.length > 0 && id !== "longest" ? element("span", { class: "none" }, number(rows.length)) : "");
    byId("summary").append(element("div", { id, class: wide ? "wide" : false },
      heading,
      rows.length === 0 ? element("p", { class: "note" }, "None.") : note === "" ? "" : element("p", { class: "note" }, note),
      rows.length === 0 ? "" : element("div", { class: "scroll" }, element("table", { "aria-labelledby": "title-" + id },
        element("thead", {}, element("tr", {}, ...columns.map((column, i) =>
          element("th", { scope: "col", class: i > 0 && !isText[i - 1] ? "number" : false }, column)))),
        body)),
      more));
  }

  #rowOfEvent(event) {
    const row = this.#chart.rowOf.event.get(event);
    if (row?.isGroup) {
      this.#chart.toggle(row, false);
    }
    return this.#chart.rowOf.event.get(event);
  }
}

/** What the page shows, to be looked at from the console of the browser. */
function expose(recording, page, times) {
  const { chart } = page;
  const plain = (thing) => thing === null ? null : thing.kind === "row" ? { kind: thing.row.kind, name: thing.row.name } : { ...thing };
  window.pharos = Object.freeze({
    get waits() {
      return recording.waits.count;
    },
    get changes() {
      return recording.changes.count;
    },
    /** The lanes and tracks from top to bottom. */
    get rows() {
      return chart.rows.filter((row) => row.kind !== "heading")
        .map(({ kind, name, members, folded, isGroup }) => ({ kind, name, count: members.length, folded: isGroup && folded }));
    },
    /** How many were drawn in the last frame, and which waits were joined to which changes. */
    get drawn() {
      return { ...chart.drawn };
    },
    get view() {
      return { ...chart.goal };
    },
    get selected() {
      return plain(chart.selected);
    },
    get pointed() {
      return plain(chart.pointed);
    },
    get found() {
      return page.found === null ? null : { waits: page.found.waitCount, changes: page.found.changeCount };
    },
    /** Whether the last frame shows all that was asked for. */
    get settled() {
      return chart.isSettled;
    },
    /** How long the last frames took to draw, and when the page was read and painted, in milliseconds. */
    get times() {
      return { ...times, frames: [...chart.frames] };
    },
    /** Where a wait is on the lanes, in pixels. */
    placeOfWait: (index) => chart.placeOf({ kind: "wait", index }),
    placeOfChange: (index) => chart.placeOf({ kind: "change", index }),
  });
}

async function open() {
  if (typeof DecompressionStream === "undefined") {
    throw new Error("This browser is too old to unpack the recording: open the page with one of 2023 or later.");
  }
  const source = byId("recording");
  let recording;
  try {
    recording = await Recording.unpack(source.textContent);
  } catch (e) {
    throw new Error("The recording in this page is damaged: write the page again.", { cause: e });
  }
  const times = { read: performance.now() };
  const page = new Page(recording);
  expose(recording, page, times);
  // After the first frame, so that no table keeps the picture from being seen.
  requestAnimationFrame(() => requestAnimationFrame(() => {
    times.painted = performance.now();
    page.summarize();
    times.summarized = performance.now();
  }));
}

open().catch((e) => {
  byId("main").hidden = true;
  byId("title").textContent = "The timeline cannot be shown";
  byId("status").className = "problem";
  byId("status").textContent = e.message;
  if (e.cause !== undefined) {
    console.error(e.cause);
  }
});
