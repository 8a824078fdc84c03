function countAbove(scores, threshold) {
  return scores.filter((score) => score > threshold).length;
}

/** What thresholds would do to the held-out good images and to the new ones; scores are sorted. */
class ThresholdExplorer {
  constructor(root, { threshold, heldOut, scores }) {
    Object.assign(this, { root, heldOut, scores });
    const known = threshold === null ? [] : [threshold];
    const distinct = [...new Set([...heldOut, ...scores, ...known])].sort((a, b) => a - b);
    this.thresholds = [-Infinity, ...distinct];
    this.slider = root.querySelector("input[type=range]");
    this.slider.max = this.thresholds.length - 1;
    this.histogram = new Histogram(root.querySelector("svg"), [["of-normal", heldOut], ["of-defect", scores]]);
    const named = { detector: threshold, quiet: heldOut[heldOut.length - 1] };
    for (const button of root.querySelectorAll("[data-threshold]")) {
      button.addEventListener("click", () => this.moveTo(named[button.dataset.threshold]));
    }
    this.slider.addEventListener("input", () => this.judge());
    this.moveTo(threshold ?? distinct[distinct.length - 1]);
  }

  moveTo(threshold) {
    this.slider.value = this.thresholds.indexOf(threshold);
    this.judge();
  }

  judge() {
    const threshold = this.thresholds[Number(this.slider.value)];
    const at = Number.isFinite(threshold) ? String(Number(threshold.toPrecision(6))) : "nothing at all";
    this.root.querySelector(".at").textContent = at;
    const flagged = this.tell("flagged", this.scores, threshold, "new images");
    const alarms = this.heldOut.length ? this.tell("alarms", this.heldOut, threshold, "held-out good images") : null;
    const ofHeldOut = alarms === null ? "" : `, ${alarms} false alarms`;
    this.slider.setAttribute("aria-valuetext", `${at}: ${flagged} flagged${ofHeldOut}`);
    this.histogram.mark(threshold);
  }

  tell(name, scores, threshold, noun) {
    const above = countAbove(scores, threshold);
    this.root.querySelector(`.${name}-rate`).textContent = `${percent(above / scores.length)} %`;
    this.root.querySelector(`.${name}-count`).textContent = `${above} of ${scores.length} ${noun}`;
    return above;
  }
}

function judgedCard(judged) {
  const card = pictureCard({
    picture: judged.picture,
    alt: `Anomaly map over ${judged.name}`,
    kind: judged.verdict,
    className: judged.verdict === "anomalous" ? "of-defect" : "of-normal",
    name: judged.name,
    link: judged.link,
  });
  const regions = judged.regions === 1 ? "1 region" : `${judged.regions} regions`;
  const found = judged.share === null ? "" : `. ${regions}, ${Number((100 * judged.share).toPrecision(2))} % of the image`;
  card.append(html("p", "where", judged.image), html("p", "error", `Score ${judged.score.toPrecision(4)}${found}.`));
  return card;
}

const judged = dataOf("judged");
for (const root of document.querySelectorAll(".judged")) new ThresholdExplorer(root, judged);
for (const root of document.querySelectorAll(".gallery")) new Gallery(root, judged.images, judgedCard, "images");
