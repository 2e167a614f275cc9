"""Markdown → HTML, as CommonMark reads it, with what site generators add."""
