"""Where the documentation is, for hints: what isn't installed is named by its address."""

HOME = "https://github.com/announcement-publisher/announcement-publisher/blob/main"

CONFIGURATION = f"{HOME}/config.example.toml"
CHANNELS = f"{HOME}/docs"
ACTION = f"{HOME}/docs/github-action.md"
