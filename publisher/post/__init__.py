"""post.md → Post: what a file says, and what its author meant by it."""
