"""Two worker processes over the same stores. Each runs the named function of ``tests.races.tasks`` in several threads."""

import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

PROCESSES = 2
_PATIENCE = 120


class Start:
    """The moment when every thread of every process begins, as often as it is waited for."""

    def __init__(self, processes: Any, threads: int) -> None:
        self._processes = processes
        self._here = threading.Barrier(threads, action=self._meet)

    def _meet(self) -> None:
        self._processes.wait(_PATIENCE)

    def wait(self) -> None:
        self._here.wait(_PATIENCE)

    def run(self, task: Callable[..., Any], shared: Any, thread: int) -> Any:
        """What the task returns; its error ends every thread that waits for this one."""
        try:
            return task(self, shared, thread)
        except Exception:
            self._here.abort()
            self._processes.abort()
            raise


def _serve(orders: Connection, processes: Any) -> None:
    """A worker process: runs orders until None comes."""
    from tests.races import tasks

    while (order := orders.recv()) is not None:
        name, threads, given = order
        task: Callable[..., Any] = getattr(tasks, name)
        start = Start(processes, threads)
        try:
            with tasks.opened(given) as shared, ThreadPoolExecutor(threads) as pool:
                running = [pool.submit(start.run, task, shared, n) for n in range(threads)]
                wait(running)
                # Of several errors the one that is no consequence of another is told.
                broken = threading.BrokenBarrierError
                first = [one for one in running if one.exception() and not isinstance(one.exception(), broken)]
                orders.send([one.result() for one in first + running])
        except Exception as error:  # noqa: BLE001 - the test that ordered it shall see it
            orders.send(error)


class Workers:
    """Two processes that live as long as the tests of this folder, because starting one takes longer than a test."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._meeting = context.Barrier(PROCESSES)
        self._orders: list[Connection] = []
        self._processes: list[BaseProcess] = []
        for _ in range(PROCESSES):
            mine, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, self._meeting), daemon=True)
            process.start()
            theirs.close()
            self._orders.append(mine)
            self._processes.append(process)

    def run(self, task: str, *, threads: int, **given: Any) -> list[Any]:
        """What each thread returned, over all processes; an error of any is raised."""
        answers: list[Any] = []
        for number, orders in enumerate(self._orders):
            orders.send((task, threads, {**given, "process": number}))
        for orders in self._orders:
            if not orders.poll(_PATIENCE):
                raise TimeoutError(task)
            answers.append(orders.recv())
        errors = [answer for answer in answers if isinstance(answer, Exception)]
        if errors:
            self._meeting.reset()
            raise min(errors, key=lambda error: isinstance(error, threading.BrokenBarrierError))
        return [result for answer in answers for result in answer]

    def close(self) -> None:
        for orders in self._orders:
            orders.send(None)
            orders.close()
        for process in self._processes:
            process.join(20)
            process.close()
