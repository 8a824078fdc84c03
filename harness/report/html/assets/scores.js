function decoded(cell) {
  const bytes = Uint8Array.from(atob(cell.scores), (letter) => letter.charCodeAt(0));
  const scores = cell.width === 4 ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer);
  return { normals: scores.subarray(0, cell.normals), defects: scores.subarray(cell.normals) };
}

/** Number of sorted scores below a threshold. */
function countBelow(sorted, threshold) {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < threshold) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The counts at every distinct threshold, lowest first; the last one is above every score. */
function operatingPoints({ normals, defects }) {
  const distinct = [...new Set([...normals, ...defects])].sort((a, b) => a - b);
  return [...distinct, Infinity].map((threshold) => ({
    threshold,
    alarms: normals.length - countBelow(normals, threshold),
    misses: countBelow(defects, threshold),
  }));
}

function bestF1(points, numDefects) {
  const f1 = ({ alarms, misses }) => (2 * (numDefects - misses)) / (2 * numDefects - misses + alarms);
  return points.reduce((best, point, number) => (f1(point) > f1(points[best]) ? number : best), 0);
}

class Explorer {
  constructor(root) {
    this.root = root;
    this.cells = dataOf(root.dataset.key).cells;
    this.slider = root.querySelector("input[type=range]");
    this.selects = Object.fromEntries([...root.querySelectorAll("[data-choice]")].map((one) => [one.dataset.choice, one]));
    for (const select of Object.values(this.selects)) select.addEventListener("change", () => this.choose());
    this.slider.addEventListener("input", () => this.judge());
    for (const button of root.querySelectorAll("[data-threshold]")) {
      button.addEventListener("click", () => this.moveTo(button.dataset.threshold));
    }
    // The best method comes first, but not every method has every category and seed: start at a cell that is there.
    const methods = [...this.selects.method.options].map((option) => option.value);
    const ofFirst = this.cells.filter((cell) => cell.category === this.cells[0].category);
    const first = methods.map((name) => ofFirst.find((cell) => cell.method === name)).find((cell) => cell);
    this.selects.method.value = first.method;
    this.selects.seed.value = first.seed;
    this.choose();
  }

  choose() {
    const category = this.selects.category.value;
    const seed = Number(this.selects.seed.value);
    this.shown = this.cells
      .filter((cell) => cell.category === category && cell.seed === seed)
      .map((cell) => ({ ...cell, ...decoded(cell) }));
    this.cell = this.shown.find((cell) => cell.method === this.selects.method.value) ?? null;
    this.root.querySelector(".absent").hidden = this.cell !== null;
    this.root.querySelector(".operating").hidden = this.cell === null;
    this.root.querySelector(".histogram").hidden = this.cell === null;
    this.drawRoc();
    this.drawOverlap();
    if (this.cell === null) return;
    this.points = operatingPoints(this.cell);
    this.slider.max = this.points.length - 1;
    this.drawHistogram();
    this.moveTo("f1");
  }

  moveTo(name) {
    const last = this.points.length - 1;
    const places = {
      f1: bestF1(this.points, this.cell.defects.length),
      misses: this.points.findLastIndex(({ misses }) => misses === 0),
      alarms: this.points.findIndex(({ alarms }) => alarms === 0),
    };
    this.slider.value = Math.min(last, Math.max(0, places[name]));
    this.judge();
  }

  judge() {
    const { threshold, alarms, misses } = this.points[Number(this.slider.value)];
    const [numNormals, numDefects] = [this.cell.normals.length, this.cell.defects.length];
    const at = Number.isFinite(threshold) ? threshold.toPrecision(4) : "more than any image";
    const set = (name, text) => {
      this.root.querySelector(name).textContent = text;
    };
    set(".at", at);
    set(".alarms-rate", `${percent(alarms / numNormals)} %`);
    set(".alarms-count", `${alarms} of ${numNormals} normal images`);
    set(".misses-rate", `${percent(misses / numDefects)} %`);
    set(".misses-count", `${misses} of ${numDefects} defect images`);
    this.slider.setAttribute("aria-valuetext", `${at}: ${alarms} false alarms, ${misses} misses`);
    this.mark(alarms / numNormals, 1 - misses / numDefects, threshold);
  }

  mark(falseAlarmRate, detectionRate, threshold) {
    for (const old of this.root.querySelectorAll(".mark")) old.remove();
    const [cx, cy] = [this.roc.placeX(falseAlarmRate), this.roc.placeY(detectionRate)];
    this.roc.svg.append(element("circle", { class: `mark look-${this.cell.look % 8}`, cx, cy, r: 6 }));
    this.histogram.mark(threshold);
  }

  drawRoc() {
    const svg = this.root.querySelector(".roc svg");
    this.roc = new Plot(svg, { ...WHOLE, title: "false alarms, %" }, { ...WHOLE, title: "detected defects, %" });
    this.roc.line([[0, 0], [1, 1]], "chance");
    for (const cell of this.ordered()) {
      const points = operatingPoints(cell).map(({ alarms, misses }) => [
        alarms / cell.normals.length,
        1 - misses / cell.defects.length,
      ]);
      this.roc.line(points, this.looks(cell) + (cell === this.cell ? " chosen" : ""));
    }
    this.legend(".roc", (cell) => percent(cell.auroc));
  }

  drawOverlap() {
    const measured = this.shown.filter((cell) => cell.overlaps !== null);
    this.root.querySelector(".overlap").hidden = measured.length === 0;
    if (measured.length === 0) return;
    const x = { low: 0, high: 0.3, ticks: [0, 0.1, 0.2, 0.3], title: "false positive pixels, %", text: WHOLE.text };
    const plot = new Plot(this.root.querySelector(".overlap svg"), x, { ...WHOLE, title: "overlap with regions, %" });
    for (const cell of this.ordered().filter((one) => one.overlaps !== null)) {
      const last = cell.overlaps.length - 1;
      const points = cell.overlaps.map((value, number) => [(0.3 * number) / last, value]);
      plot.line(points, this.looks(cell) + (cell === this.cell ? " chosen" : ""));
    }
    this.legend(".overlap", (cell) => (cell.aupro === null || cell.overlaps === null ? null : percent(cell.aupro)));
  }

  drawHistogram() {
    const svg = this.root.querySelector(".histogram svg");
    this.histogram = new Histogram(svg, [["of-normal", this.cell.normals], ["of-defect", this.cell.defects]]);
    const shown = this.root.querySelector(".of-method");
    shown.textContent = shown.title = this.cell.method;
  }

  /** All cells, the chosen one last so that its curve is on top. */
  ordered() {
    return [...this.shown].sort((a, b) => (a === this.cell) - (b === this.cell));
  }

  looks(cell) {
    return `curve look-${cell.look % 8} dash-${Math.floor(cell.look / 8) % 4}`;
  }

  legend(figure, valueOf) {
    const list = this.root.querySelector(`${figure} .legend`);
    list.replaceChildren();
    const valued = this.shown.map((cell) => ({ cell, text: valueOf(cell) })).filter(({ text }) => text !== null);
    valued.sort((a, b) => Number(b.text) - Number(a.text));
    for (const { cell, text } of valued) {
      const item = html("li", cell === this.cell ? "chosen" : "");
      item.title = cell.method;
      const key = element("svg", { class: "key", viewBox: "0 0 24 12", "aria-hidden": "true" });
      key.append(element("line", { class: this.looks(cell), x1: 0, x2: 24, y1: 6, y2: 6 }));
      item.append(key, html("span", "", cell.method), html("b", "", text));
      list.append(item);
    }
  }
}

for (const root of document.querySelectorAll(".explorer")) new Explorer(root);
