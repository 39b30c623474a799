import threading


class ZxcvbnPasswords:
    """The ``CommonPasswords``: zxcvbn's list of 30 000, loaded when first asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._list: frozenset[str] | None = None

    def contains(self, password: str) -> bool:
        return password in self._passwords()

    def _passwords(self) -> frozenset[str]:
        with self._lock:
            if self._list is None:
                from zxcvbn.frequency_lists import FREQUENCY_LISTS

                self._list = frozenset(FREQUENCY_LISTS["passwords"])
            return self._list
