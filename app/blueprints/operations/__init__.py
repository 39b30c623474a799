"""For whoever runs the server: is it alive (``/healthz``), and can it do its work (``/readyz``)? Both answer on any host."""

from app.blueprints.operations.health import Check, operations_blueprint

__all__ = ["Check", "operations_blueprint"]
