"""Child processes that end with the tests, however the tests end.

`Leashed` starts this same file as a small guard process, and the guard starts the command. The guard reads its standard
input, which the tests hold open: when they close it, or die without a word, the guard ends the command.
"""

import contextlib
import os
import pwd
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

PATIENCE = 10.0


class Leashed:
    """One running command; `pid` is the command's own, so a test can signal it as an operator would.

    `sweep` ends what the command leaves behind in its process group; a test of tidiness switches it off.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
        stop: signal.Signals = signal.SIGTERM,
        sweep: bool = True,
    ) -> None:
        self.log = log
        with log.open("ab") as sink:
            self._guard = subprocess.Popen(
                [
                    sys.executable,
                    "-I",
                    __file__,
                    str(int(stop)),
                    "sweep" * sweep,
                    user or "",
                    *(str(part) for part in command),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=sink,
                env=env,
                cwd=cwd,
                # Ctrl-C is for the tests; they end their servers in order.
                start_new_session=True,
            )
        assert self._guard.stdout is not None
        answer = self._guard.stdout.readline()
        self._guard.stdout.close()
        if not answer:
            self.stop()
            raise RuntimeError(f"{command[0]} could not be started:\n{self.output()}")
        self.pid = int(answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def output(self) -> str:
        """What the command wrote so far, to either stream."""
        return self.log.read_text(errors="replace")

    def ended(self) -> int | None:
        """The command's exit code (negative: the signal that ended it), or None while it runs."""
        return self._code(self._guard.poll())

    def wait(self, seconds: float = PATIENCE * 2) -> int:
        """The command's exit code once it has ended by itself, or by a signal that the test sent."""
        code = self._code(self._guard.wait(seconds))
        assert code is not None
        return code

    def stop(self) -> int:
        """End the command as its operator would, by force if it does not listen; safe to repeat."""
        assert self._guard.stdin is not None
        with contextlib.suppress(OSError):
            self._guard.stdin.close()
        return self.wait()

    @staticmethod
    def _code(code: int | None) -> int | None:
        # A signal's number is below 65, so the guard's byte tells -15 (241) from an exit with 143.
        return code - 256 if code is not None and code > 190 else code


def guard(stop: int, sweep: str, user: str, command: list[str]) -> int:
    # The command leads a session of its own, so that whatever it leaves behind can be ended with it.
    other = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=sys.stderr, stderr=sys.stderr, start_new_session=True, **other
    )
    print(child.pid, flush=True)
    # Only the tests hold the other end now.
    sys.stdout.close()

    def watch() -> None:
        # The unbuffered read: the interpreter must not find a locked buffer when it ends before us.
        while os.read(0, 4096):
            pass
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(stop)
        try:
            child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()

    threading.Thread(target=watch, daemon=True).start()
    code = child.wait()
    if sweep:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    return code % 256


if __name__ == "__main__":
    # os._exit: the watching thread sits in a read that nobody may end.
    os._exit(guard(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:]))
