"""For any WSGI server: ``granian --interface wsgi wsgi:application``, ``gunicorn wsgi:application``."""

from app.config import Settings
from app.factory import create_app, serve_process

application = create_app(Settings.from_env())
serve_process(application)
