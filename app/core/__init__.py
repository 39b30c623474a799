"""What the server knows and decides: values and decisions; no I/O, no framework."""
