import time
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")


def wait_until(question: Callable[[], Answer | None], *, seconds: float, what: str) -> Answer:
    """The first truthy answer to `question`, asked often until the deadline; after it, `TimeoutError` says `what`.

    For waiting on other processes only: inside one process a test has something better to wait for.
    """
    deadline = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        time.sleep(0.02)
