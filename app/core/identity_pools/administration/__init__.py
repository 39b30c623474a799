"""What administrators and developers' backends change: pools, the documents that describe them, and identities."""
