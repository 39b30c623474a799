"""Browser sessions: what the cookie on a hosted page stands for, whether it satisfies an authorize request, and who hears of its end.

``suffices.py`` decides; ``consent.py`` asks and remembers; ``logout.py`` knows who took part; ``backchannel.py`` tells them.
"""
