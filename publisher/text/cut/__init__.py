"""Where a text may be shortened, or go on in another post."""
