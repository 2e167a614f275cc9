"""Markdown to text trees; counting, fitting and splitting as each platform does. Pure functions."""
