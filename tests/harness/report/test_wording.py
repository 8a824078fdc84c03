from harness.report.wording import caption, entry_text
from harness.tables import WITHHELD, ColumnGroup, Entry, Table


def table(*, seeds: dict[str, tuple[int, ...]], entry: Entry = Entry(mean=0.5)) -> Table:  # noqa: B008 (frozen)
    return Table(
        name="main",
        title="Title",
        row_title="Method",
        groups=(ColumnGroup(title="demo", columns=("image AUROC",)),),
        rows=("mfrnet",),
        entries=((entry,),),
        protocol="p-1",
        seeds=seeds,
    )


def test_a_mean_is_percent_with_one_decimal() -> None:
    assert entry_text(Entry(mean=0.98765)) == "98.8"


def test_a_std_follows_the_mean() -> None:
    assert entry_text(Entry(mean=0.98765, std=0.0123)) == "98.8 ± 1.2"


def test_a_withheld_mean_is_two_dashes() -> None:
    assert entry_text(WITHHELD) == "--"


def test_a_caption_names_seeds_and_protocol() -> None:
    assert caption(table(seeds={"demo": (0, 1, 2)})) == (
        "Title. Percent, higher is better; mean ± standard deviation over seeds; 3 seeds (0, 1, 2). Protocol p-1."
    )


def test_one_seed_is_said_and_no_std_is_promised() -> None:
    assert caption(table(seeds={"demo": (0,)})) == "Title. Percent, higher is better; 1 seed (0). Protocol p-1."


def test_data_sets_with_different_seeds_are_told_apart() -> None:
    assert "demo 2 seeds (0, 1), mtd 1 seed (0)" in caption(table(seeds={"demo": (0, 1), "mtd": (0,)}))


def test_a_caption_explains_the_dashes_it_needs() -> None:
    assert caption(table(seeds={"demo": (0,)}, entry=WITHHELD)).endswith(
        "--: withheld (a cell is missing or failed) or not defined."
    )
