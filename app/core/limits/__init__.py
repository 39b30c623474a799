"""Counters that outlive a refusal: the lockout of one user's guesses, and rates of one user's or one address's calls.

They stand in the ephemeral store, outside every transaction, and fail closed when it does not answer.
"""
