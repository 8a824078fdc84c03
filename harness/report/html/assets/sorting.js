function keyOf(row, column) {
  const cell = row.cells[column];
  if (!("key" in cell.dataset)) return null;
  return cell.tagName === "TH" ? cell.dataset.key : Number(cell.dataset.key);
}

function compareKeys(a, b) {
  return typeof a === "string" ? a.localeCompare(b, "en", { numeric: true }) : a - b;
}

function sortTable(table, column, order) {
  const body = table.tBodies[0];
  const sign = order === "ascending" ? 1 : -1;
  const rows = [...body.rows].map((row) => ({ row, key: keyOf(row, column) }));
  // Rows without a number stay last in both directions.
  rows.sort((a, b) => {
    if (a.key === null || b.key === null) return (a.key === null) - (b.key === null);
    return sign * compareKeys(a.key, b.key);
  });
  body.append(...rows.map(({ row }) => row));
  [...table.tHead.rows[0].cells].forEach((cell, number) => {
    cell.setAttribute("aria-sort", number === column ? order : "none");
  });
}

for (const table of document.querySelectorAll("table.sortable")) {
  [...table.tHead.rows[0].cells].forEach((cell, column) => {
    const button = cell.querySelector("button");
    button.addEventListener("click", () => {
      const first = button.dataset.first;
      const other = first === "ascending" ? "descending" : "ascending";
      sortTable(table, column, cell.getAttribute("aria-sort") === first ? other : first);
    });
  });
}

for (const group of document.querySelectorAll(".by-category")) {
  const buttons = [...group.querySelectorAll("[data-shows]")];
  const show = (chosen) => {
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button === chosen));
      document.getElementById(button.dataset.shows).hidden = button !== chosen;
    }
  };
  for (const button of buttons) button.addEventListener("click", () => show(button));
  show(buttons[0]);
}

window.addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
