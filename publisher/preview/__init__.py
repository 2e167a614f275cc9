"""A page that shows a post as each channel would: one file, for people to show each other."""
