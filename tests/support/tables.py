"""One small table with everything that a renderer must show."""

from harness.tables import WITHHELD, ColumnGroup, Entry, Table

TABLE = Table(
    name="main",
    title="Mean over the categories of each data set",
    row_title="Method",
    groups=(
        ColumnGroup(title="demo", columns=("image AUROC", "AUPRO")),
        ColumnGroup(title="mtd_x", columns=("image AUROC", "AUPRO")),
    ),
    rows=("mfrnet [k=3]", "pixel_mean", "constant"),
    entries=(
        (
            Entry(mean=0.9514, std=0.004, place=1),
            Entry(mean=0.9, std=0.01, place=1),
            Entry(mean=0.80001, place=2),
            Entry(mean=0.7, place=1),
        ),
        (
            Entry(mean=0.9, std=0.002, place=2),
            Entry(mean=0.9, std=0.02, place=1),
            Entry(mean=0.80002, place=1),
            WITHHELD,
        ),
        (
            Entry(mean=0.5, std=0.0, place=3),
            Entry(mean=0.1, std=0.0, place=2),
            Entry(mean=0.5, place=3),
            Entry(mean=0.1, place=2),
        ),
    ),
    protocol="mfrnet-bench-1/192/keep/127",
    seeds={"demo": (0, 1, 2), "mtd_x": (0,)},
    notes=("pixel_mean on mtd_x: failed mtd seed 0",),
)
