"""Short-lived state in SQL (the default) or Redis, behind ``core.kernel.ephemeral``."""
