"""One HTML page of what ``bench predict --out`` wrote, for people who look after parts."""

import shlex
from pathlib import Path

from harness.environment import without_credentials
from harness.jobs.page_file import page_path, write_page, written_by


def report_predictions(folder: str | Path, out: str | Path | None = None) -> Path:
    """Write the page: who judged, what was found, a threshold to move, pictures, and images that could not be judged.

    Args:
        folder: Where ``predict`` wrote; the page needs nothing else.
        out: The file; None for ``report.html`` in the folder.

    Returns:
        The path of the file, which is replaced as a whole or not at all.

    Raises:
        BenchError: The folder holds no predictions, a file there is damaged, or the page cannot be written.

    >>> import tempfile, harness
    >>> from PIL import Image
    >>> folder = Path(tempfile.mkdtemp())
    >>> bundles = harness.fit(
    ...     datasets=["demo/board"], methods=["constant"], protocol={"image_size_px": 32},
    ...     out=folder / "board", false_alarms=0.2,
    ... )
    >>> Image.new("RGB", (64, 64)).save(folder / "new.png")
    >>> found = harness.predict(bundles[0], [folder / "new.png"], out=folder / "found")
    >>> harness.report_predictions(folder / "found").name
    'report.html'
    """
    from harness.report.html import PredictionPage, render_predictions
    from harness.report.judged_by import read_judged_by
    from harness.report.prediction_reading import read_predictions

    source = Path(folder)
    path = page_path(out, source / "report.html")
    judged_by = read_judged_by(source)
    rows_file, rows = read_predictions(source, judged_by.detector.thresholds)
    command = ["bench", "report", str(source), *(() if out is None else ("--out", str(out)))]
    page = PredictionPage(
        judged_by=judged_by,
        rows=tuple(rows),
        rows_file=rows_file,
        command=without_credentials(shlex.join(command)),
        writer=written_by(),
    )
    return write_page(path, render_predictions(page, path.absolute().parent))
