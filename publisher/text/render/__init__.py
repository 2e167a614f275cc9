"""The tree as text: plain, Discord's Markdown, mail, HTML."""
