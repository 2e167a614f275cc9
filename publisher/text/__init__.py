"""HTML → tree → text: what every channel's text is made of."""
