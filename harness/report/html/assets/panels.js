function errorText(panel) {
  const share = `${panel.beyond} of ${panel.others}`;
  const rate = percent(panel.beyond / panel.others);
  return panel.defect
    ? `${share} normal images score at least as high (${rate}\u00a0%)`
    : `${share} defect images score at most as high (${rate}\u00a0%)`;
}

function panelCard(panel) {
  const card = pictureCard({
    picture: panel.picture,
    alt: `Image, defect and anomaly map of ${panel.image}`,
    kind: panel.kind,
    className: panel.defect ? "of-defect" : "of-normal",
    name: panel.image,
    link: panel.link,
  });
  card.append(html("p", "where", `${panel.method}, seed ${panel.seed}, ${panel.category}`));
  card.append(html("p", "error", `Score ${panel.score.toPrecision(4)}. ${errorText(panel)}.`));
  return card;
}

for (const root of document.querySelectorAll(".gallery")) {
  new Gallery(root, dataOf(root.dataset.key).panels, panelCard, "heat maps");
}
