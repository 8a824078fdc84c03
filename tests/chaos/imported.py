"""What commands import, but for Ray: it reads its settings when it is imported."""

import harness.cells.cell_runner
import harness.cli.app
import harness.cli.progress
import harness.cli.show
import harness.cli.winner
import harness.execution.executor
import harness.jobs.leaderboard
import harness.jobs.run
import harness.jobs.search
import harness.search.evaluation
import harness.search.ledger
import harness.search.local
import harness.search.study_plots
import tests.chaos.noting  # noqa: F401
