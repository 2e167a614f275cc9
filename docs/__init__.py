"""The documentation: `publish help` shows it."""
