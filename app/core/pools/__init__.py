"""User pools: the tenant's settings, its extensions and its domains.

Everything a pool decides is read from two documents: ``settings`` in AWS's own shape (validated and completed when written)
and ``extensions``, which is ours. Called by every other room; knows only the kernel.
"""
