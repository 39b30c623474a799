"""Resource servers of a pool: the APIs that tokens are for, and the scopes that each of them knows."""
