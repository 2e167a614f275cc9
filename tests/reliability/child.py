"""Processes that run the command line for real, and may be killed, paused or watched at any fail
point.

One process imports everything once and forks a child for each run: a real process with its own
memory, sockets, locks and database connections, at a tenth of the price of a fresh interpreter. It
reads one JSON object a line, a `Job`, and answers with lines too: {"started": number, "pid": …},
{"ended": number, "status": …}. Given a job as its argument, it is that run itself, in a fresh
interpreter.

The production code has no switch for any of this: the hook and the shorter waits are set here, from
outside.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import resource
import selectors
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

TIMING = {"settle": 0.3, "look_again": 0.05, "deadline": 20.0, "longest_wait": 0.2, "patience": 5.0}
"""What `Timing` is shortened to: loopback answers in milliseconds."""


@dataclass(frozen=True)
class Job:
    """One run. `out`, `err` and `trace` are files.

    how      what happens at the `hit`-th passing of point `at` ("": of any point) on thread
             `channel` ("": on any): "kill" the process by SIGKILL, "pause" it until the file `gate`
             is gone, or "" nothing
    trace    gets a line "channel<TAB>point" for each point that is passed
    answer   seconds for a whole answer, if not what they are
    disk     bytes that a file may have (0: any number): what is written beyond fails, as on a disk
             that is full
    """

    argv: tuple[str, ...]
    folder: str
    environment: Mapping[str, str]
    out: str
    err: str
    how: str = ""
    at: str = ""
    channel: str = ""
    hit: int = 1
    gate: str = ""
    trace: str = ""
    timing: Mapping[str, float] = field(default_factory=lambda: TIMING)
    answer: float = 0.0
    disk: int = 0

    def as_line(self, number: int) -> str:
        return json.dumps({**asdict(self), "number": number}) + "\n"


def prepare(job: Job) -> None:
    """Set what a run shall find: folder, environment, waits, fail points."""

    from publisher import failpoints, http
    from publisher.delivery import side_by_side
    from publisher.delivery.work import Timing

    os.chdir(job.folder)
    os.environ.clear()
    os.environ.update(job.environment)
    side_by_side.TIMING = Timing(**job.timing)
    if job.answer:
        _smtp: Any = importlib.import_module("publisher.adapters._smtp")
        http.ANSWER_TIME = _smtp.FINAL_TIMEOUT = job.answer
        _smtp.SLOW = 0.0
    if job.disk:
        resource.setrlimit(resource.RLIMIT_FSIZE, (job.disk, job.disk))
    failpoints.hook = _hook(job) if job.how or job.trace else None


def _hook(job: Job) -> Any:
    lock = threading.Lock()
    passed = 0

    def hook(point: str) -> None:
        nonlocal passed
        channel = threading.current_thread().name
        if job.trace:
            with Path(job.trace).open("a") as file:
                file.write(f"{channel}\t{point}\n")
        if not job.how or (job.channel and channel != job.channel) or (job.at and point != job.at):
            return
        with lock:
            passed += 1
            if passed != job.hit:
                return
        if job.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        gate = Path(job.gate)
        gate.touch()
        while gate.exists():
            time.sleep(0.005)

    return hook


def _run(job: Job) -> None:
    """In the forked child. Never returns."""
    status = 70
    try:
        for name, number, flags in (
            (os.devnull, 0, os.O_RDONLY),
            (job.out, 1, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
            (job.err, 2, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        ):
            os.dup2(os.open(name, flags, 0o600), number)
        sys.stdin, sys.stdout, sys.stderr = (
            os.fdopen(0, encoding="utf-8"),
            os.fdopen(1, "w", encoding="utf-8"),
            os.fdopen(2, "w", encoding="utf-8"),
        )
        signal.signal(signal.SIGINT, signal.default_int_handler)
        prepare(job)
        from publisher import cli

        status = cli.main(list(job.argv))
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(status)


def _warm() -> None:
    """Import, and use once, what a run needs."""
    import filelock  # noqa: F401
    import mastodon  # noqa: F401
    import tenacity  # noqa: F401
    import tweepy  # noqa: F401

    from publisher import cli, registry
    from publisher.delivery import side_by_side  # noqa: F401
    from publisher.ledger import jsonl  # noqa: F401

    for name in registry.names():
        registry.load(name)
    with tempfile.TemporaryDirectory() as folder:
        post = Path(folder) / "post.md"
        post.write_text(
            "---\ntitle: Warm\n---\nA first run compiles the templates, once for all.\n", "utf-8"
        )
        with Path(os.devnull).open("w") as nowhere:  # noqa: SIM117
            with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
                cli.main([str(post), "--dry-run"])


def main() -> None:
    """Serve until standard input ends; then end the children too."""
    said = os.dup(1)
    os.dup2(2, 1)
    _warm()
    reading, writing = os.pipe()
    for end in (reading, writing):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    children: dict[int, int] = {}
    selector = selectors.DefaultSelector()
    selector.register(0, selectors.EVENT_READ)
    selector.register(reading, selectors.EVENT_READ)
    pending = b""

    def say(**value: Any) -> None:
        os.write(said, json.dumps(value).encode() + b"\n")

    say(ready=True)
    while True:
        ready = {key.fd for key, _ in selector.select()}
        if reading in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(reading, 4096)
        while children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            say(ended=children.pop(pid), status=os.waitstatus_to_exitcode(status))
        if 0 not in ready:
            continue
        more = os.read(0, 65536)
        if not more:
            break
        *lines, pending = (pending + more).split(b"\n")
        for line in lines:
            values = json.loads(line)
            number = values.pop("number")
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                selector.close()
                for end in (reading, writing, said):
                    os.close(end)
                _run(Job(**values))
            children[pid] = number
            say(started=number, pid=pid)
    for pid in children:
        os.kill(pid, signal.SIGKILL)


def once(job: Job) -> None:
    """One run in this interpreter, on the terminal or pipe that it was given; as the installed
    command does it."""
    # As on a terminal; what a shell started in the background ignores it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if job.gate:
        Path(job.gate).touch()
    prepare(job)
    from publisher import cli

    sys.argv = ["publish", *job.argv]
    cli.run()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        once(Job(**json.loads(sys.argv[1])))
    main()
