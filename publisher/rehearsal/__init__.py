"""A post is published again and again into a sandbox where everything goes wrong, and each time it
is counted what is live: exactly one copy of everything, or it is said what isn't so.

Its platforms are the sandbox's, over real sockets; its runs are those of `publish`, with a ledger in
a file. Two things are played, not real: a killed process is an exception that nothing catches
(death.py), and waiting takes no time (clocks.py). tests/reliability kills real processes.
"""
