const FIRST_CARDS = 12;
const MORE_CARDS = 24;

/** A picture that a click enlarges, if there is one, above a kind and the name of an image with a link, if there is one. */
function pictureCard({ picture, alt, kind, className, name, link }) {
  const card = html("li", "card");
  if (picture) {
    const button = html("button", "picture");
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    const image = html("img", "");
    image.src = picture;
    image.alt = `${alt}; enlarge`;
    button.append(image);
    button.addEventListener("click", () => {
      button.setAttribute("aria-expanded", String(card.classList.toggle("large")));
    });
    card.append(button);
  }
  const file = html(link ? "a" : "span", "file", name);
  if (link) file.href = link;
  const line = html("p", "name");
  if (kind) line.append(html("span", `kind ${className}`, kind));
  line.append(file);
  card.append(line);
  return card;
}

/** Cards of some items, the first of them at once; filters compare with the item's field of their name. */
class Gallery {
  constructor(root, items, cardOf, noun) {
    Object.assign(this, { items, cardOf, noun });
    this.list = root.querySelector(".cards");
    this.status = root.querySelector("[role=status]");
    this.more = root.querySelector(".more");
    this.filters = [...root.querySelectorAll("[data-filter]")];
    for (const filter of this.filters) filter.addEventListener("change", () => this.show(FIRST_CARDS));
    this.more.addEventListener("click", () => this.show(this.list.children.length + MORE_CARDS));
    this.show(FIRST_CARDS);
  }

  show(count) {
    const fitting = this.items.filter((item) =>
      this.filters.every(({ dataset, value }) => value === "" || item[dataset.filter] === value),
    );
    const shown = fitting.slice(0, count);
    this.list.replaceChildren(...shown.map(this.cardOf));
    this.more.hidden = shown.length === fitting.length;
    this.status.textContent = `${shown.length} of ${fitting.length} ${this.noun} are shown.`;
  }
}
