"""Message + ledger → Receipt."""
