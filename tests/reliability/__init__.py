"""What the reliability tests and `benchmarks/reliability.py` share: processes that can be killed at
any step."""
