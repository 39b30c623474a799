"""What mail or text message is sent, in whose words, and where: the outbox, SMTP and SMS senders stand behind it.

Other rooms hand a ``Notice`` to ``service.Messages``, which sends at once or queues. ``posting.py`` turns a notice into a
message: ``wording.py`` our own words, ``templates.py`` the pool's (Cognito's ``{####}``), ``texts.py`` the one short text,
``addresses.py`` what may stand in a header. A queued notice is written out only when ``deliveries`` drains it.
"""
