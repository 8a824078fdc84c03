"""The splits of the cells of a plan, each made once."""

from collections.abc import Mapping

from harness.config import RunSettings
from harness.datasets import Split
from harness.datasets.finding import find
from harness.datasets.splits import chosen_split, disturbed, splits_of_cell
from harness.plan import Cell
from harness.regimes import MULTI_CLASS


class CellSplits:
    """Makes splits as they are asked for, and none twice, because each lists the files of its data set."""

    def __init__(self, datasets: Mapping[str, str], settings: RunSettings) -> None:
        """Args:
        datasets: Data set to what ``find`` opens it by.
        settings: Of the run.
        """
        self._settings = settings
        self._datasets = {name: find(reference, settings.data) for name, reference in datasets.items()}
        self._known: dict[tuple[str, str, int | None], dict[str, Split]] = {}

    def of(self, cell: Cell) -> tuple[tuple[str, str, int | None], dict[str, Split]]:
        """A name that is equal for cells of equal splits, and what ``splits_of_cell`` says of the cell.

        Raises:
            BenchError: As ``splits_of_cell``.
        """
        # Cells of one fit have the same categories.
        dataset, category = cell.dataset, "" if cell.regime == MULTI_CLASS else cell.category
        for seed in (None, cell.seed):
            if (dataset, category, seed) in self._known:
                return (dataset, category, seed), self._known[dataset, category, seed]
        found = splits_of_cell(self._datasets[dataset], self._settings.data, cell, self._settings.split)
        place = dataset, category, cell.seed if any(split.is_seeded for split in found.values()) else None
        self._known[place] = found
        return place, found

    def chosen(self, cell: Cell) -> Split:
        """The images that a cell fits on and those that it judges.

        Raises:
            BenchError: As ``chosen_split`` and ``disturbed``.
        """
        dataset, (_, splits) = self._datasets[cell.dataset], self.of(cell)
        return disturbed(chosen_split(dataset, self._settings.data, cell, self._settings.split, splits), cell)
