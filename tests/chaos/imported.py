"""What commands import, but for Ray: it reads its settings when it is imported."""

import tests.chaos.noting  # noqa: F401
