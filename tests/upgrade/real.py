"""Records how this version sees real posts: which words and which pictures each channel gets, in
digests. With each release, so that later versions can be held to it.

    .venv/bin/python tests/upgrade/real.py 0.1.0
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from publisher import channels
from publisher import config as configuration
from publisher.adapter import Adapter, Message, Payload, Picture, pictures_of
from publisher.compose.composer import Composer
from publisher.delivery.plan import place_of, source_of
from publisher.pictures.gather import Gatherer
from publisher.post.post import Post
from publisher.post.reader import read
from publisher.sandbox import Sandbox

HERE = Path(__file__).parent
POSTS = HERE.parents[2] / "shared" / "posts"


@dataclass(frozen=True, slots=True)
class Seen:
    """One real post as one channel gets it. `name` is its path below ../shared/posts."""

    name: str
    post: Post
    adapter: Adapter
    message: Message

    @property
    def payloads(self) -> list[Payload]:
        return [self.adapter.payload(self.message, part) for part in range(len(self.message.parts))]


def seen(folder: Path, config: Path) -> Iterator[Seen]:
    """Every post in `folder` on every channel of `config`. Raises PublishError."""
    settings = configuration.load(config)
    adapters, _ = channels.without_secrets(settings.channels, settings)
    composer = Composer(settings, {}, Gatherer(settings))
    for file in sorted(folder.rglob("*.md")):
        post = read(file, settings)
        for adapter in adapters.values():
            composed = composer.compose(post, adapter, download=False)
            yield Seen(str(file.relative_to(folder)), post, adapter, composed.message)


def place(picture: Picture) -> str:
    """In short, and saying nothing of the post."""
    return hashlib.sha256(place_of(picture).encode()).hexdigest()[:16]


def main(version: str) -> None:
    recorded: dict[str, dict[str, tuple[str, list[list[tuple[str, str]]]]]] = {}
    with tempfile.TemporaryDirectory() as folder, Sandbox() as box:
        os.chdir(folder)
        shutil.copytree(POSTS, "posts")
        Path("publish.toml").write_text(box.config(), "utf-8")
        for each in seen(Path("posts"), Path("publish.toml")):
            pictures = [
                [(place(picture), picture.source) for picture in pictures_of(payload)]
                for payload in each.payloads
            ]
            source = source_of(each.post, each.payloads)
            recorded.setdefault(each.name, {})[each.adapter.channel.name] = (source, pictures)
    text = ",\n".join(f"{json.dumps(name)}: {json.dumps(of)}" for name, of in recorded.items())
    (HERE / version / "real.json").write_text(f"{{\n{text}\n}}\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
