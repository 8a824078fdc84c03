"""``bench suites``: runs with a name."""

from harness.config import suite_titles


def suites() -> None:
    """List the suites that 'bench run --suite' takes, one line each."""
    titles = suite_titles()
    width = max(map(len, titles))
    for name, title in titles.items():
        print(f"{name:<{width}}  {title}")
    print("Run one: bench run --suite NAME. A file of your own: bench run --suite FILE.toml (docs/suites.md)")
