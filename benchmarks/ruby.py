"""How many grapheme clusters Ruby makes of a text, and we: Mastodon counts with Ruby. Prints a table.

    python benchmarks/ruby.py [--posts FOLDER]

Random texts in scripts of Asia, and the beginnings of the .md files in FOLDER, counted by Ruby 3.4
and 4.0 themselves. Needs node and npm; the first run downloads 60 MB into benchmarks/ruby.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from publisher.text.measure.ruby import count_clusters

HERE = Path(__file__).parent / "ruby"
POSTS = HERE.parents[1].parent / "shared" / "posts"
SCRIPTS = {
    "Devanagari": (0x900, 0x97F), "Bengali": (0x980, 0x9FF), "Gurmukhi": (0xA00, 0xA7F),
    "Gujarati": (0xA80, 0xAFF), "Oriya": (0xB00, 0xB7F), "Tamil": (0xB80, 0xBFF),
    "Telugu": (0xC00, 0xC7F), "Kannada": (0xC80, 0xCFF), "Malayalam": (0xD00, 0xD7F),
    "Sinhala": (0xD80, 0xDFF), "Thai": (0xE00, 0xE7F), "Lao": (0xE80, 0xEFF),
    "Tibetan": (0xF00, 0xFFF), "Myanmar": (0x1000, 0x109F), "Khmer": (0x1780, 0x17FF),
    "Tai Tham": (0x1A20, 0x1AAF), "Balinese": (0x1B00, 0x1B7F), "Javanese": (0xA980, 0xA9DF),
    "Cham": (0xAA00, 0xAA5F), "Meetei Mayek": (0xABC0, 0xABFF), "Chakma": (0x11100, 0x1114F),
    "Brahmi": (0x11000, 0x1107F), "Tagalog": (0x1700, 0x171F), "Hangul": (0x1100, 0x11FF),
}  # fmt: skip
A_SCRIPT = 200
"""Texts of each."""


def texts(posts: Path) -> Iterator[tuple[str, str]]:
    """Of which kind, and the text."""
    chance = random.Random(1)
    for script, (first, last) in SCRIPTS.items():
        letters = [chr(code) for code in range(first, last + 1)]
        letters = [letter for letter in letters if unicodedata.category(letter) != "Cn"]
        for _ in range(A_SCRIPT):
            length = chance.randint(2, 14)
            yield script, "".join(chance.choices([*letters, "\u200d", "\u200c", " "], k=length))
    for file in sorted(posts.rglob("*.md")):
        yield "posts", file.read_text("utf-8", "replace")[:600]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=Path, default=POSTS)
    named = list(texts(parser.parse_args().posts))
    if not (HERE / "node_modules").exists():
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--silent"], cwd=HERE, check=True
        )
    done = subprocess.run(
        ["node", "--no-warnings", "count.mjs"],
        cwd=HERE, input=json.dumps([text for _, text in named]), capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    said = json.loads(done.stdout.strip().split("\n")[-1])
    print(f"{'':14}{'texts':>7}" + "".join(f"{'Ruby ' + each['version']:>14}" for each in said))
    for kind in dict.fromkeys(kind for kind, _ in named):
        mine = [index for index, (name, _) in enumerate(named) if name == kind]
        line = f"{kind:14}{len(mine):>7}"
        for conjuncts, ruby in enumerate(said):
            different = sum(
                count_clusters(named[index][1], conjuncts=bool(conjuncts)) != ruby["counts"][index]
                for index in mine
            )
            line += f"{f'{different} differ':>14}"
        print(line)


if __name__ == "__main__":
    main()
