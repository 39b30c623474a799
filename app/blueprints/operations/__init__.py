"""For whoever runs the server: is it alive (``/healthz``), can it do its work (``/readyz``), and what does it do (``/metrics``)?

All three answer on any host.
"""

from app.blueprints.operations.health import Check, operations_blueprint
from app.blueprints.operations.metrics import Metrics

__all__ = ["Check", "Metrics", "operations_blueprint"]
