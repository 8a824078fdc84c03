"""One small table with everything that a renderer must show."""

from harness.leaderboard.tables import WITHHELD, Column, Entry, ReportedRow, Table

TABLE = Table(
    name="main",
    title="Mean over the categories of each data set",
    row_title="Method",
    groups=("demo", "mtd_x"),
    columns=(Column(title="image AUROC"), Column(title="AUPRO")),
    rows=("mfrnet [k=3]", "pixel_mean", "constant"),
    entries=(
        (
            Entry(mean=0.9514, std=0.004, low=0.94, high=0.9651, place=1),
            Entry(mean=0.9, std=0.01, place=1),
            Entry(mean=0.80001, place=2),
            Entry(mean=0.7, place=1),
        ),
        (
            Entry(mean=0.9, std=0.002, low=0.089, high=1.0, place=2),
            Entry(mean=0.9, std=0.12, place=1),
            Entry(mean=0.80002, place=1),
            WITHHELD,
        ),
        (
            Entry(mean=0.5, std=0.0, place=3),
            Entry(mean=0.1, place=2),
            Entry(mean=0.5, place=3),
            Entry(mean=0.1, place=2),
        ),
    ),
    protocol="mfrnet-bench-1/192/keep/127",
    seeds={"demo": (0, 1, 2), "mtd_x": (0,)},
    notes=("pixel_mean on mtd_x: failed mtd seed 0",),
)

REPORTED = (
    ReportedRow(
        label="PatchCore_W",
        entries=(Entry(mean=0.992), WITHHELD, WITHHELD, WITHHELD),
        source="demo: its paper, arXiv 2106.08265",
    ),
)

COSTS = Table(
    name="cost",
    title="Costs on each data set",
    row_title="Method",
    groups=("demo",),
    columns=(
        Column(title="p50", quantity="latency", lower_is_better=True),
        Column(title="batch 1", quantity="rate"),
        Column(title="memory", quantity="memory", lower_is_better=True),
        Column(title="learned", quantity="parameters", lower_is_better=True),
    ),
    rows=("mfrnet", "constant"),
    entries=(
        (
            Entry(mean=0.0213, place=2),
            Entry(mean=45.04, place=2),
            Entry(mean=1_234_000_000.0, place=2),
            Entry(mean=1_820_000.0, place=2),
        ),
        (Entry(mean=0.0009, place=1), Entry(mean=1002.0, place=1), WITHHELD, Entry(mean=0.0, place=1)),
    ),
    protocol="p-1",
    seeds={"demo": (0,)},
    remarks=("Measured on bench-1 (cpu, 2 threads).",),
)
