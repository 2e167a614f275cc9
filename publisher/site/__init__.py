"""The site that a post is a page of: its pages, what platforms show of them, links written back."""
