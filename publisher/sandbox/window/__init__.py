"""The sandbox's window: a page on which everything that arrives can be watched."""
