"""What mail or text message is sent, in whose words, and where: the outbox, SMTP and SMS senders stand behind it.

``model.py`` the values; ``wording.py`` AWS templates and defaults; ``service.py`` sends at once or queues.
"""
