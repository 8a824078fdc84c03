"""What ``bench search`` prints after its trials: the winner, its cells on the test images, and the audit."""

from typing import TYPE_CHECKING

from harness.environment import without_credentials
from harness.errors import DataError
from harness.phrasing import counted, duration_text
from harness.search.trials import as_lists

if TYPE_CHECKING:
    from harness.jobs.search import SearchResult
    from harness.search.audit import Agreement
    from harness.search.trials import TrialRecord

_MIN_SHOWN = 0.0005
"""Importances below it print as 0.00."""


def tell_outcome(result: "SearchResult") -> None:
    """Print the winner beside the default, the importances, and the files."""
    outcome = result.outcome
    counts = ", ".join(f"{count} {state}" for state, count in sorted(outcome.counts.items()))
    seconds = sum(record.seconds for record in result.records)
    took = f"{counted(len(result.records), 'trial')} ({counts}) took {duration_text(seconds)} in all"
    print(f"\n{took}. Study: {result.folder}.")
    best, default = outcome.best, outcome.default
    if best is None:
        reasons = sorted({record.error for record in result.records if record.error})
        print(f"No trial is complete: {reasons[0] if reasons else 'none was run'}.")
        return
    for number, (goal, weights) in enumerate(zip(outcome.goals, result.importances, strict=True)):
        print(f"{goal.name} ({goal.direction}): {_comparison(number, best, default)}")
        if weights:
            shown = ", ".join(f"{name} {share:.2f}" for name, share in weights.items() if share >= _MIN_SHOWN)
            print(f"  importance (PED-ANOVA): {shown}")
    if len(outcome.front) > 1:
        print(f"Pareto front: trials {', '.join(str(record.number) for record in outcome.front)}; best first.")
    chosen = ", ".join(f"{name}={value}" for name, value in sorted(as_lists(best.settings).items()))
    print(f"Winner: trial {best.number}{' (the default)' if best is default else ''}: {chosen}")
    print(f"Plots and tables: {result.folder}.")
    for trial, path in result.settings_files.items():
        print(f"Settings of trial {trial}: {path}; run them with 'bench run --config'.")


def refit_winner(result: "SearchResult") -> int:
    """Fit winner and default again, as ``bench run`` does, and print their scores on the test images.

    Returns:
        The number of failed cells.

    Raises:
        SystemExit: With 130 after Ctrl-C.
    """
    from harness.cli.run import told
    from harness.cli.show import print_tables
    from harness.jobs.leaderboard import board_of_run
    from harness.jobs.refit import plan_refit, refit

    try:
        planned, settings = plan_refit(result)
    except DataError as error:
        print(f"Not fitted again: {error}")
        return 0
    print("\nWinner and default, fitted again and judged on the test images:")
    ran = told(lambda tell: refit(planned, settings, tell), how="Continue with the same command and --resume.")
    print_tables(board_of_run(ran))
    print(f"Records: {without_credentials(settings.results)}.")
    return ran.num_failed


def audit_trials(result: "SearchResult", count: int) -> None:
    """Judge some trials on the test images and print the rank correlations."""
    from harness.jobs.refit import audit_search
    from harness.search.audit import MIN_TRIALS

    if result.prepared.space.objective.selection == "oracle":
        print("No audit: the trials were judged on the test images.")
        return
    num_complete = min(count, result.outcome.counts.get("complete", 0))
    if num_complete < MIN_TRIALS:
        print(f"No audit: expected at least {MIN_TRIALS} complete trials, got {num_complete}.")
        return
    print(f"\nAudit: {num_complete} trials on the test images; the search does not use the result.", flush=True)
    try:
        agreements = audit_search(result, count)
    except DataError as error:
        print(f"No audit: {error}")
        return
    for agreement in agreements:
        print(f"  {agreement.category}: {_rank_text(agreement)}")


def _rank_text(agreement: "Agreement") -> str:
    if agreement.correlation is None:
        return "no rank correlation: all trials have the same score, in the search or on the test images"
    return f"Spearman's rho {agreement.correlation:+.2f} (p = {agreement.p_value:.2g}, {len(agreement.numbers)} trials)"


def _comparison(number: int, best: "TrialRecord", default: "TrialRecord | None") -> str:
    assert best.values is not None, "a complete trial has values"
    won = f"winner (trial {best.number}) {best.values[number]:.4f}"
    if default is None or default.values is None:
        return f"{won}; the default did not complete"
    difference = best.values[number] - default.values[number]
    return f"{won}, default (trial {default.number}) {default.values[number]:.4f}, difference {difference:+.4f}"
