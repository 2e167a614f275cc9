"""Pictures: which ones a post names, how they are had, and how they are made to fit."""
