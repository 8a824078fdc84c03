"""The commands of ``bench``, in the order in which a newcomer meets them."""

from importlib.metadata import version
from typing import Annotated

import typer

from harness.cli import (
    ablate,
    compare,
    costs,
    datasets,
    doctor,
    export,
    figures,
    fit,
    methods,
    plan,
    predict,
    report,
    robustness,
    run,
    search,
    show,
    store,
    submit,
    suites,
)

app = typer.Typer(
    name="bench",
    epilog="Start with 'bench doctor', then 'bench run --datasets all'. Exit codes: 0 success, 1 some cells or images "
    "failed, a check ('doctor', 'verify', 'store check', 'submit') found a fault, merged results disagree, or a search "
    "has no complete trial, 2 a mistake in the command, settings or data, 3 an anomaly with --fail-on-anomaly, 130 "
    "interrupted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _show_version(asked: bool) -> None:
    if asked:
        print(f"bench {version('mfrnet-bench')}")
        raise typer.Exit


@app.callback()
def bench(
    show_version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Train and judge anomaly detectors on every category of every data set, and make the tables of a paper."""


app.command()(run.run)
app.command()(plan.plan)
app.command()(ablate.ablate)
app.command()(search.search)
app.command()(costs.costs)
app.command()(fit.fit)
app.command()(fit.threshold)
app.command()(predict.predict)
app.command()(export.export)
app.command()(submit.submit)
app.command()(show.leaderboard)
app.command()(show.tables)
app.command()(figures.figures)
app.command()(report.report)
app.command()(compare.compare)
app.command()(robustness.robustness)
app.add_typer(datasets.app, name="datasets")
app.add_typer(store.app, name="store")
app.command()(methods.methods)
app.command()(suites.suites)
app.command()(doctor.doctor)
