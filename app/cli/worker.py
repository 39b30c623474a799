"""What each worker process runs."""

from flask import Flask

from app.config import Settings
from app.factory import create_app, serve_process


def application() -> Flask:
    """The application on the settings that the parent checked and wrote into the environment."""
    flask_app = create_app(Settings.from_env())
    serve_process(flask_app, warn=False)
    return flask_app
