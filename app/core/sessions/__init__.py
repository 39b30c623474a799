"""Browser sessions: what the cookie on a hosted page stands for, and whether it satisfies an authorize request."""
