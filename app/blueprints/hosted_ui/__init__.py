"""The hosted pages' routes: sign-in, sign-up, confirmation, recovery, a new password.

Every page is reached with the authorize request's query and keeps it, so that the last page can go back to
``/oauth2/authorize`` and finish. A POST does one thing and answers 303 to a GET of ours; a form that is refused comes back
with what was typed. What this browser must remember between two pages travels in one sealed cookie (``progress.py``).

``visit.py`` who visits which pool for which client; ``frame.py`` what every page shows; ``errors.py`` the one table from facts
to sentences; the other files are a page or two each.
"""
