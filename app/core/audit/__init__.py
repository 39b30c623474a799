"""Who did what, append-only, one row before the answer; and what the metrics count."""
