from harness.report.figures.figure_files import write_figures

__all__ = ["write_figures"]
