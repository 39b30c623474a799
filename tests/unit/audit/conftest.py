from tests.support.directory import house

__all__ = ["house"]
