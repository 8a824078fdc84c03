"""A metric: what is missing to a perfect image AUROC."""

from harness.metrics import Metric
from harness.metrics.ranking import auroc

IMAGE_AUROC_LOSS = Metric(
    name="image_auroc_loss",
    title="AUROC loss",
    needs="scores",
    compute=lambda tally: 1 - auroc(tally),
    higher_is_better=False,
)
