"""Development mode only: the outbox, where mails and texts are read that would have been sent, and the movable clock.

The paths do not exist in any other mode. Even in this one they are for the person at this machine: a page of another
origin, another machine and anybody behind a proxy are refused.
"""

from app.blueprints.development.blueprint import DevelopmentClock, DevelopmentOutbox, development_blueprint

__all__ = ["DevelopmentClock", "DevelopmentOutbox", "development_blueprint"]
