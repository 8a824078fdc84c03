const FIRST_CARDS = 12;
const MORE_CARDS = 24;

function errorText(panel) {
  const share = `${panel.beyond} of ${panel.others}`;
  const rate = percent(panel.beyond / panel.others);
  return panel.defect
    ? `${share} normal images score at least as high (${rate}\u00a0%)`
    : `${share} defect images score at most as high (${rate}\u00a0%)`;
}

function cardOf(panel) {
  const card = html("li", "card");
  if (panel.picture) {
    const button = html("button", "picture");
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    const image = html("img", "");
    image.src = panel.picture;
    image.alt = `Image, defect and anomaly map of ${panel.image}; enlarge`;
    button.append(image);
    button.addEventListener("click", () => {
      button.setAttribute("aria-expanded", String(card.classList.toggle("large")));
    });
    card.append(button);
  }
  const link = html("a", "file", panel.image);
  link.href = panel.link;
  const where = html("p", "where", `${panel.method}, seed ${panel.seed}, ${panel.category}`);
  const kind = html("span", panel.defect ? "kind of-defect" : "kind of-normal", panel.kind);
  const name = html("p", "name");
  name.append(kind, link);
  card.append(name, where, html("p", "error", `Score ${panel.score.toPrecision(4)}. ${errorText(panel)}.`));
  return card;
}

class PanelGallery {
  constructor(root) {
    this.panels = dataOf(root.dataset.key).panels;
    this.list = root.querySelector(".cards");
    this.status = root.querySelector("[role=status]");
    this.more = root.querySelector(".more");
    this.filters = [...root.querySelectorAll("[data-filter]")];
    for (const filter of this.filters) filter.addEventListener("change", () => this.show(FIRST_CARDS));
    this.more.addEventListener("click", () => this.show(this.list.children.length + MORE_CARDS));
    this.show(FIRST_CARDS);
  }

  show(count) {
    const fitting = this.panels.filter((panel) =>
      this.filters.every(({ dataset, value }) => value === "" || panel[dataset.filter] === value),
    );
    const shown = fitting.slice(0, count);
    this.list.replaceChildren(...shown.map(cardOf));
    this.more.hidden = shown.length === fitting.length;
    this.status.textContent = `${shown.length} of ${fitting.length} heat maps are shown.`;
  }
}

for (const root of document.querySelectorAll(".gallery")) new PanelGallery(root);
