"""How often is something published twice, or not at all? Prints the tables of docs/reliability.md.

    python benchmarks/reliability.py                     both tables
    python benchmarks/reliability.py crash               every fail point × every channel, each time
    it is passed python benchmarks/reliability.py storm --seeds 1-300 random faults, kills, edits
    and processes side by side python benchmarks/reliability.py storm --seed 17     one of them
    again, telling what happens

Everything runs against the sandbox, on this machine. Ends with status 1 where a promise was broken.
"""

from __future__ import annotations

import argparse
import queue
import sys
import tempfile
import threading
import time
import traceback
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from publisher.failpoints import POINTS  # noqa: E402
from publisher.sandbox import Sandbox  # noqa: E402
from tests.reliability.matrix import CASES, Found, Matrix  # noqa: E402
from tests.reliability.runner import Runner  # noqa: E402
from tests.reliability.storm import Storm, replay_line, script  # noqa: E402
from tests.reliability.world import EVERYWHERE  # noqa: E402


def crash(workers: int) -> bool:
    """The crash matrix as a Markdown table; whether every promise was kept."""
    began = time.monotonic()
    cells: dict[tuple[str, str], list[Found]] = defaultdict(list)
    with (
        tempfile.TemporaryDirectory() as folder,
        Runner() as runner,
        Sandbox() as box,
        Sandbox() as blind,
    ):
        for found in Matrix(Path(folder), runner, box, blind).all(workers=workers):
            cells[found.kill.point, found.kill.case.title].append(found)
    print("| killed at | " + " | ".join(case.title for case in CASES) + " |")
    print("|---|" + "---|" * len(CASES))
    for point in POINTS:
        print(
            f"| {point} | " + " | ".join(_cell(cells[point, case.title]) for case in CASES) + " |"
        )
    print(
        "| **all** | "
        + " | ".join(_cell([f for p in POINTS for f in cells[p, c.title]]) for c in CASES)
        + " |"
    )
    every = [found for cell in cells.values() for found in cell]
    wrong = [f"{found.kill}: {words}" for found in every for words in found.wrong]
    print(
        f"\n{len(every)} kills in {time.monotonic() - began:.0f} s; each cell: duplicates / losses / unknowns (kills)."
    )
    print("\n".join(wrong) or "Every promise was kept.")
    return not wrong


def _cell(found: list[Found]) -> str:
    if not found:
        return "–"
    sums = (
        sum(f.duplicates for f in found),
        sum(f.losses for f in found),
        sum(f.asked for f in found),
    )
    return f"{' / '.join(map(str, sums))} ({len(found)})"


def storm(seeds: range, workers: int, telling: bool) -> bool:
    """Act out the seeds' scripts; whether every promise was kept."""
    began = time.monotonic()
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for seed in seeds:
        waiting.put(seed)
    bad: list[int] = []
    sums = {"runs": 0, "killed": 0, "asked": 0}
    with tempfile.TemporaryDirectory() as folder, Runner() as runner:

        def work() -> None:
            with Sandbox(adapters=EVERYWHERE) as sandbox:
                storm = Storm(sandbox, runner, Path(folder))
                while True:
                    try:
                        seed = waiting.get_nowait()
                    except queue.Empty:
                        break
                    try:
                        wrong = storm.run(script(seed))
                    except Exception:
                        wrong = [traceback.format_exc()]
                    if wrong:
                        bad.append(seed)
                    if wrong or telling:
                        lines = [*script(seed).lines(), "what happened:", *storm.events]
                        lines += [f"WRONG: {words}" for words in wrong]
                        lines += [f"again: {replay_line(seed)}"] if wrong else []
                        print("\n".join(lines), flush=True)
                for name in sums:
                    sums[name] += getattr(storm, name)
                storm.close()

        threads = [threading.Thread(target=work) for _ in range(min(workers, len(seeds)))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    print(
        f"{len(seeds)} seeds ({seeds[0]}-{seeds[-1]}) in {time.monotonic() - began:.0f} s: {sums['runs']} runs, "
        f"of which {sums['killed']} were killed; {sums['asked']} outcomes that a person had to look up; "
        f"seeds with a duplicate, a loss or a false word: {sorted(bad) or 'none'}."
    )
    return not bad


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="?", choices=("crash", "storm"))
    parser.add_argument("--seeds", default="1-300", metavar="A-B")
    parser.add_argument("--seed", type=int, metavar="N")
    parser.add_argument(
        "--workers", type=int, default=4, metavar="N", help="side by side; 4 suits two cores"
    )
    given = parser.parse_args()
    good = True
    if given.what != "storm":
        good = crash(given.workers) and good
    if given.what is None:
        print()
    if given.what != "crash":
        first, _, last = given.seeds.partition("-")
        seeds = range(int(first), int(last or first) + 1)
        if given.seed is not None:
            seeds = range(given.seed, given.seed + 1)
        good = storm(seeds, given.workers, telling=given.seed is not None) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
