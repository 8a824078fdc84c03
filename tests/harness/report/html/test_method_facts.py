from harness.leaderboard.variants import row_labels
from harness.report.html.method_facts import commands_of, method_facts
from tests.support import records as make


def test_facts_gather_what_the_records_of_a_row_say() -> None:
    first = make.cell_record(
        identity=make.identity(seed=0, settings={"k": 3, "name": "a"}),
        provenance=make.provenance(started_at="2025-01-01T23:59:00+00:00", finished_at="2025-01-02T00:01:00+00:00"),
    )
    second = make.cell_record(
        identity=make.identity(dataset="mtd", seed=1, settings={"k": 3, "name": "a"}),
        provenance=make.provenance(code_dirty=True, host="bench-2", num_threads=None),
    )
    failed = make.failure_record(identity=make.identity(seed=2, settings={"k": 3, "name": "a"}))
    frame = make.frame(first, second, failed)
    (facts,) = method_facts(frame.assign(row=row_labels(frame)), ["mfrnet"])
    assert facts.settings == {"k": "3", "name": '"a"'}
    assert (facts.datasets, facts.seeds, facts.num_finished, facts.num_failed) == (("demo", "mtd"), (0, 1, 2), 2, 1)
    assert facts.commits == ("0" * 40, "0" * 40 + " with changes that were not committed")
    assert facts.machines == ("bench-1 (cpu, 2 threads)", "bench-2 (cpu)")
    assert facts.packages == ("torch 2.6.0",)
    assert (facts.first_day, facts.last_day, facts.weights) == ("2025-01-01", "2025-01-02", "none")


def test_commands_come_once_and_oldest_first() -> None:
    records = [
        make.cell_record(
            identity=make.identity(seed=number), provenance=make.provenance(command=command, started_at=started)
        )
        for number, (command, started) in enumerate(
            (("bench run b", "2025-02"), ("bench run a", "2025-01"), ("bench run b", "2025-03"))
        )
    ]
    assert commands_of(make.frame(*records)) == ("bench run a", "bench run b")


def test_commands_do_not_show_the_folders_of_a_machine() -> None:
    command = "bench run --datasets /mnt/data/parts,mtd --weights resnet18=/mnt/w.pth --set 'padim.layers=[\"a\"]'"
    record = make.cell_record(identity=make.identity(), provenance=make.provenance(command=command))
    assert commands_of(make.frame(record)) == (
        "bench run --datasets .../parts,mtd --weights resnet18=.../w.pth --set 'padim.layers=[\"a\"]'",
    )
    broken = make.cell_record(identity=make.identity(seed=1), provenance=make.provenance(command="bench run 'half"))
    assert commands_of(make.frame(broken)) == ("bench run 'half",)
