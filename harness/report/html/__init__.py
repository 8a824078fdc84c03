from harness.report.html.gallery import Gallery, gallery_of
from harness.report.html.prediction_page import PredictionPage, render_predictions
from harness.report.html.rendering import render
from harness.report.html.report_types import Notice, ReportPage
from harness.report.html.split_section import split_section

__all__ = [
    "Gallery",
    "Notice",
    "PredictionPage",
    "ReportPage",
    "gallery_of",
    "render",
    "render_predictions",
    "split_section",
]
