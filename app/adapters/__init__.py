"""The outside world behind the core's ports. Nothing here decides."""
