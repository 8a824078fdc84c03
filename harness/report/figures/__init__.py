from harness.report.figures.files import write_figures

__all__ = ["write_figures"]
