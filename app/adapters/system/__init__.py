"""Clock, key generation, password hashing: what the machine gives."""
