"""How long `publish` takes, against what it can't do without: `make bench`, or `python
benchmarks/speed.py [FOLDER]`.

Prints a table of processor time (user and system), which other people's programs on the machine
disturb less than the clock. A case and what it is held against run in turn, each in a process of
its own; the best of several runs counts. FOLDER holds the posts of the last case; without one, the
collected posts beside the repository are taken where they are there, else posts made up here.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
COLLECTED = ROOT.parent / "shared" / "posts"
EXAMPLE = ROOT / "examples" / "rencontre-de-printemps.md"
MADE_UP = 400
"""Posts, where none are collected."""

PUBLISH = ("-m", "publisher")
NEEDED = ("-c", "import frontmatter, markdown, jinja2.sandbox, css_inline")
"""What no dry run for four channels does without."""

MARKDOWN_ALONE = """
import sys, time
from pathlib import Path
import markdown
from publisher.post.frontmatter import split
from publisher.post.find import collect
files = [source.file for source in collect(sys.argv[1:]).files]
bodies = [split(file.read_text("utf-8-sig"), file)[1] for file in files]
markdown.markdown(bodies[0])
start = time.process_time()
for body in bodies:
    markdown.markdown(body)
print(time.process_time() - start, len(bodies))
"""
DRY_RUN = """
import contextlib, os, sys, time
from publisher.cli import main
with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
    main([sys.argv[2], "--dry-run"])
    start = time.process_time()
    status = main([sys.argv[1], "--dry-run", "--json"])
    taken = time.process_time() - start
print(taken, status)
"""


class Row(NamedTuple):
    case: str
    seconds: float
    against: str
    reference: float
    aim: float


def cold(arguments: Sequence[str], environment: Mapping[str, str]) -> float:
    """Processor seconds of a fresh Python with these arguments, from its start to its end."""
    command = [sys.executable, *arguments]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"python {' '.join(arguments)} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime


def timed(script: str, *arguments: object) -> tuple[float, int]:
    """What a script that measures itself prints: processor seconds, and a number."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    seconds, number = subprocess.run(
        command, check=True, capture_output=True, text=True
    ).stdout.split()
    return float(seconds), int(number)


def starting(times: int, scratch: Path) -> list[Row]:
    """`publish` as a command, which does little: most of it is importing."""
    # As on anybody's machine from the second run on: with what Python has compiled at hand.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(scratch)}
    bare, help_, needed, dry = [], [], [], []
    for _ in range(times + 1):
        bare.append(cold(["-c", "pass"], environment))
        help_.append(cold([*PUBLISH, "--help"], environment))
        needed.append(cold(NEEDED, environment))
        dry.append(cold([*PUBLISH, str(EXAMPLE), "--dry-run"], environment))
    return [
        Row("publish --help", min(help_), "bare Python", min(bare), 7),
        Row(
            "publish POST --dry-run, four channels",
            min(dry),
            "importing what that needs",
            min(needed),
            1.5,
        ),
    ]


def running(folder: Path, times: int) -> Row:
    """Many posts in one process that has everything imported."""
    alone, ours = [], []
    for _ in range(times):
        seconds, count = timed(MARKDOWN_ALONE, folder)
        alone.append(seconds)
        seconds, status = timed(DRY_RUN, folder, EXAMPLE)
        if status:
            raise SystemExit(f"the dry run of {folder} ended with {status}")
        ours.append(seconds)
    return Row(
        f"dry run of {count} posts, four channels",
        min(ours),
        "Python-Markdown alone",
        min(alone),
        2,
    )


def make_up(folder: Path) -> None:
    """Posts as long as most are: headings, emphasis, links, lists, quotations, code, in two
    languages."""
    paragraphs = (
        "The collective has released version {n}.4 of its *calendar*, which now reads the files of **every** other "
        "calendar that we could find. Thanks to [everyone who tested it](https://example.org/thanks/{n}) in the last "
        "three weeks; `calendar import` tells what it could not read.",
        "## What is new in {n}.4",
        "- events that last {n} days\n- reminders by [email](https://example.org/manual/{n}#email)\n"
        "- a *printed* page for the door",
        "Le collectif se réunit le {n} mars à 18 h : venez avec vos questions, vos envies et vos amis ! Il y aura "
        "[un repas](https://example.org/repas) « à prix libre », et de la place pour toutes et tous.",
        "> Nothing has saved us more time this year.\n>\n> — a bookshop in Lyon",
        "```sh\ncalendar import --from old.ics --number {n}\n```",
        "![the new page for the door](https://example.org/img/{n}.png)",
    )
    for number in range(MADE_UP):
        text = "\n\n".join(part.format(n=number) for part in paragraphs * (1 + number % 5))
        post = f"---\ntitle: Calendar {number}\ntags: [calendar, free software]\n---\n\n{text}\n"
        (folder / f"calendar-{number}.md").write_text(post, "utf-8")


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    arguments.add_argument("folder", nargs="?", type=Path, help="posts for the last case")
    arguments.add_argument(
        "--times", type=int, default=5, help="runs of each case; the best counts"
    )
    given = arguments.parse_args()
    if given.folder and not given.folder.is_dir():
        arguments.error(f"there is no folder {given.folder}")
    folder = given.folder or COLLECTED
    with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryDirectory() as made_up:
        made = not folder.is_dir()
        if made:
            folder = Path(made_up)
            make_up(folder)
        rows = [*starting(given.times * 2, Path(scratch)), running(folder, given.times)]
    print(f"Python {sys.version.split()[0]}; processor seconds, the best of {given.times} or more")
    print(f"posts: {'made up' if made else folder}\n")
    print(f"{'':40} {'seconds':>8}   {'against':28} {'seconds':>8}   {'times':>5}   aim")
    for row in rows:
        times = row.seconds / row.reference
        print(
            f"{row.case:40} {row.seconds:8.3f}   {row.against:28} {row.reference:8.3f}   {times:5.2f}   {row.aim:g}"
        )


if __name__ == "__main__":
    main()
