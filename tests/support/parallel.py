from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

Given = TypeVar("Given")
Result = TypeVar("Result")


def at_once(action: Callable[[Given], Result], given: Sequence[Given]) -> list[Result]:
    """What the action returns for each, all begun at the same moment in threads of their own."""
    start = Barrier(len(given))

    def run(one: Given) -> Result:
        start.wait(timeout=30)
        return action(one)

    with ThreadPoolExecutor(len(given)) as threads:
        return list(threads.map(run, given))
