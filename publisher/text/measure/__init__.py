"""How the platforms count, and what they take for links, names and hashtags."""
