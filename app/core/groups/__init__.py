"""Groups of a pool: membership, precedence, the roles they carry into tokens."""
