"""Setting up: what `publish init` asks, and what it writes."""
