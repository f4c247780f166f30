"""The page of the main job: one self-contained HTML document."""

from demo.report.page import render

__all__ = ["render"]
