"""How long pictures of real sizes take to be made to fit, and in how much memory: `python
benchmarks/pictures.py`.

Each is fitted in a process of its own, for a rule like Mastodon's and one like X's. Beside it, in
the same run and also in a process of its own, what plain Pillow needs to open the same picture and
to save it in the same kind. Memory is the process's peak with Python and Pillow in it; the aim is
under 400 MB. Seconds are wall-clock, without imports and disk.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
KINDS = ["image/jpeg", "image/png", "image/gif", "image/webp"]
RULES: dict[str, dict[str, Any]] = {
    "like Mastodon": {
        "count": 4, "kinds": KINDS, "bytes": 16 * 2**20, "pixels": 33_177_600, "animation": [16 * 2**20, 1280 * 720],
    },
    "like X": {
        "count": 4, "kinds": KINDS, "bytes": 5_000_000, "pixels": 4096 * 4096, "animation": [5_000_000, 1280 * 1080],
    },
}  # fmt: skip
"""As in the adapters, 2026-11-25."""
AIM = 400_000_000

MAKE = """
import sys
from pathlib import Path
from tests.picture_files import REAL_SIZES
Path(sys.argv[2]).write_bytes(REAL_SIZES[sys.argv[1]][1]())
"""
PLAIN = """
import io, sys, time
from pathlib import Path
from PIL import Image

data = Path(sys.argv[1]).read_bytes()
start = time.perf_counter()
try:
    with Image.open(io.BytesIO(data)) as image:
        written = io.BytesIO()
        image.save(written, image.format, save_all=image.format == "GIF")
    said = {"size": len(written.getvalue())}
except Exception as error:
    said = {"error": type(error).__name__}
said["seconds"] = time.perf_counter() - start
"""


def ran(script: str, *arguments: str) -> str:
    """What a script prints, in a Python of its own that finds the project."""
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def best(times: int, script: str, *arguments: str) -> dict[str, Any]:
    """The quickest of several runs, with the largest peak of all."""
    runs = [json.loads(ran(script, *arguments)) for _ in range(times)]
    return {
        **min(runs, key=lambda run: float(run["seconds"])),
        "peak": max(run["peak"] for run in runs),
    }


def told(run: dict[str, Any]) -> str:
    if "error" in run:
        return f"refused: {run['error']}"
    kind = run["kind"].removeprefix("image/").upper()
    return f"{run['size'] / 1e6:5.1f} MB {kind:4} {run['pixels'][0]} x {run['pixels'][1]}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument(
        "--times", type=int, default=3, help="runs of each case; the quickest counts"
    )
    parser.add_argument("--only", default="", help="cases whose name has this in it")
    given = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    pictures = importlib.import_module("tests.picture_files")
    pillow = importlib.import_module("PIL").__version__
    print(
        f"Python {sys.version.split()[0]}, Pillow {pillow}; seconds: the best of {given.times}; MB: the peak\n"
    )
    head = f"{'':32} {'before':>8}  {'rule':13} {'seconds':>7} {'MB':>4}   {'after':35}"
    print(f"{head} {'plain Pillow':>12} {'MB':>4}")
    most = 0
    with tempfile.TemporaryDirectory() as folder:
        for case, (name, _) in pictures.REAL_SIZES.items():
            if given.only not in case:
                continue
            path = Path(folder) / name
            ran(MAKE, case, str(path))
            plain = best(given.times, PLAIN + pictures.PEAK, str(path))
            for rule, values in RULES.items():
                run = best(
                    given.times, pictures.MEASURED + pictures.PEAK, str(path), json.dumps(values)
                )
                most = max(most, run["peak"])
                print(
                    f"{case:32} {path.stat().st_size / 1e6:5.1f} MB  {rule:13} {run['seconds']:7.2f}"
                    f" {run['peak'] / 1e6:4.0f}   {told(run):35} {plain['seconds']:12.2f} {plain['peak'] / 1e6:4.0f}"
                    f"{'  ' + plain['error'] if 'error' in plain else ''}",
                    flush=True,
                )
            path.unlink()
    print(f"\nthe largest peak: {most / 1e6:.0f} MB; the aim: under {AIM / 1e6:.0f}")
    return 0 if most < AIM else 1


if __name__ == "__main__":
    sys.exit(main())
