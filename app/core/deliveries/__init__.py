"""What must still be sent: a queue of sealed payloads that survives a restart, drained by one thread per worker.

``service.py`` enqueues (joining the caller's transaction) and drains: claim one, hand it to the handler of its kind, remove
it, or put it back for later. Handlers are given at assembly, so that this room knows none of them.
"""
