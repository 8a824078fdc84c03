/** Two samples of scores as bars, each of the share of its own sample; samples are [class name, scores]. */
class Histogram {
  constructor(svg, samples) {
    const all = samples.flatMap(([, scores]) => [...scores]).sort((a, b) => a - b);
    const [low, highest] = [all[0], all[all.length - 1]];
    const cut = all[Math.floor(0.99 * (all.length - 1))];
    // A few far scores would press all others into one bar: the last bar then holds them.
    const isCut = highest - cut > 0.5 * (cut - low) && cut > low;
    const high = isCut ? cut : highest > low ? highest : low + 1;
    const numBars = Math.max(8, Math.min(40, Math.ceil(Math.sqrt(all.length))));
    const share = (scores) => {
      const bars = new Array(numBars).fill(0);
      for (const score of scores) {
        const bar = Math.floor(((score - low) / (high - low)) * numBars);
        bars[Math.min(numBars - 1, bar)] += 1 / scores.length;
      }
      return bars;
    };
    const shares = samples.map(([className, scores]) => [className, share(scores)]);
    const top = Math.max(...shares.flatMap(([, bars]) => bars));
    const x = {
      low, high, ticks: roundTicks(low, high, 5), text: (value) => String(Number(value.toPrecision(4))),
      title: isCut ? "anomaly score (last bar: and above)" : "anomaly score",
    };
    const y = { low: 0, high: top, ticks: roundTicks(0, top, 4), text: (v) => String(Number((100 * v).toPrecision(3))) };
    this.plot = new Plot(svg, x, { ...y, title: "share of the images, %" });
    const width = (high - low) / numBars;
    for (const [className, bars] of shares) {
      bars.forEach((value, number) => {
        const from = low + number * width;
        if (value > 0) this.plot.bar(from, from + width, value, `bar ${className}`);
      });
    }
  }

  /** A line at a threshold, in place of an older one. */
  mark(threshold) {
    const { svg, x, top, height, bottom } = this.plot;
    const at = this.plot.placeX(Math.max(x.low, Math.min(threshold, x.high)));
    svg.querySelector(".mark")?.remove();
    svg.append(element("line", { class: "mark", x1: at, x2: at, y1: top, y2: height - bottom }));
  }
}
