"use strict";

const SVG = "http://www.w3.org/2000/svg";

function element(name, attributes = {}, text = null) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== null) made.textContent = text;
  return made;
}

function html(name, className, text = null) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== null) made.textContent = text;
  return made;
}

function percent(fraction) {
  return (100 * fraction).toFixed(1);
}

/** Axes of a plot on an empty drawing; x and y are {low, high, ticks, title, text}. */
class Plot {
  constructor(svg, x, y) {
    Object.assign(this, { svg, x, y, width: 420, height: 300, left: 50, right: 14, top: 10, bottom: 44 });
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    const [x0, x1] = [this.left, this.width - this.right];
    const [y0, y1] = [this.height - this.bottom, this.top];
    for (const tick of y.ticks) {
      const at = this.placeY(tick);
      svg.append(element("line", { class: "grid", x1: x0, x2: x1, y1: at, y2: at }));
      svg.append(element("text", { class: "tick", x: x0 - 7, y: at + 4, "text-anchor": "end" }, y.text(tick)));
    }
    for (const tick of x.ticks) {
      const at = this.placeX(tick);
      svg.append(element("line", { class: "grid", y1: y0, y2: y1, x1: at, x2: at }));
      svg.append(element("text", { class: "tick", x: at, y: y0 + 17, "text-anchor": "middle" }, x.text(tick)));
    }
    const middle = `translate(12 ${(y0 + y1) / 2}) rotate(-90)`;
    svg.append(element("text", { class: "axis", x: (x0 + x1) / 2, y: this.height - 7, "text-anchor": "middle" }, x.title));
    svg.append(element("text", { class: "axis", transform: middle, "text-anchor": "middle" }, y.title));
  }

  placeX(value) {
    const share = (value - this.x.low) / (this.x.high - this.x.low);
    return this.left + share * (this.width - this.left - this.right);
  }

  placeY(value) {
    const share = (value - this.y.low) / (this.y.high - this.y.low);
    return this.height - this.bottom - share * (this.height - this.top - this.bottom);
  }

  line(points, className) {
    const places = points.map(([x, y]) => `${this.placeX(x).toFixed(1)},${this.placeY(y).toFixed(1)}`);
    this.svg.append(element("polyline", { class: className, points: places.join(" ") }));
  }

  bar(from, to, value, className) {
    const [x, y] = [this.placeX(from), this.placeY(value)];
    const height = Math.max(0, this.placeY(this.y.low) - y);
    this.svg.append(element("rect", { class: className, x, y, width: Math.max(0.5, this.placeX(to) - x), height }));
  }
}

/** Round numbers between two values, about `count` of them. */
function roundTicks(low, high, count) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= raw);
  const ticks = [];
  for (let number = Math.ceil(low / step); number * step <= high + 1e-9 * step; number += 1) ticks.push(number * step);
  return ticks;
}

const WHOLE = { low: 0, high: 1, ticks: [0, 0.2, 0.4, 0.6, 0.8, 1], text: (value) => String(Math.round(100 * value)) };

function dataOf(key) {
  return JSON.parse(document.getElementById(`json-${key}`).textContent);
}
