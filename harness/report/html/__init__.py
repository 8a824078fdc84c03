from harness.report.html.gallery import Gallery, gallery_of
from harness.report.html.rendering import render
from harness.report.html.report_types import Notice, ReportPage
from harness.report.html.split_section import split_section

__all__ = ["Gallery", "Notice", "ReportPage", "gallery_of", "render", "split_section"]
