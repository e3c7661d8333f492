"""A line on stderr that says what is being done, how far it is and how long it will take."""

import sys
import time
from types import TracebackType


class Progress:
    def __init__(self, what: str, total: int, done: int = 0) -> None:
        self.what, self.total, self.first = what, total, done
        self._start = self._shown = time.monotonic()
        self._terminal = sys.stderr.isatty()

    def update(self, done: int, note: str = "") -> None:
        now = time.monotonic()
        # A log file gets a line every half minute, a terminal four a second.
        if now - self._shown < (0.25 if self._terminal else 30) and done < self.total:
            return
        self._shown = now
        rate = (done - self.first) / max(now - self._start, 1e-9)
        left = f", {duration((self.total - done) / rate)} left" if rate > 0 and done < self.total else ""
        text = f"{self.what}: {done:,} of {self.total:,} ({rate:.1f}/s{left}){'  ' + note if note else ''}"
        end = "" if self._terminal else "\n"
        sys.stderr.write(f"\r\x1b[K{text}" if self._terminal else text + end)
        sys.stderr.flush()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None):
        if self._terminal:
            sys.stderr.write("\n")


def duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
