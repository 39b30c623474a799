"""What each worker process runs."""

import ctypes

from flask import Flask

from app.cli.serving import end_when_told
from app.config import Settings
from app.factory import create_app, serve_process


def application() -> Flask:
    """The application on the settings that the parent checked and wrote into the environment."""
    end_when_told()
    _share_one_heap()
    flask_app = create_app(Settings.from_env())
    serve_process(flask_app, warn=False)
    return flask_app


def _share_one_heap() -> None:
    """Lets all threads allocate from one arena (glibc): each would else keep the 19 MiB of a password it once hashed for itself."""
    m_arena_max = -8
    try:
        ctypes.CDLL(None).mallopt(m_arena_max, 1)
    except (OSError, AttributeError):
        return
