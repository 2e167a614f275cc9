"""Post + template → Message."""
