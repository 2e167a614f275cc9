"""Publish one Markdown announcement everywhere: exactly once, and as previewed."""

__version__ = "0.1.0"
