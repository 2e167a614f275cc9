"""`publish new "Title"`: a post with the site's own front matter, where the site's posts are."""

from __future__ import annotations

import argparse
import shlex
from datetime import datetime
from pathlib import Path

from publisher import config as configuration
from publisher.commands import options
from publisher.site import new_post
from publisher.site.newest import newest_post
from publisher.tell import site
from publisher.tell.console import Console, clean

DESCRIPTION = (
    "Begin a post: in the folder, with the name and the front matter that your site's posts have."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_config(parser)
    parser.add_argument("title", metavar="TITLE", help="its title, in quotes")
    parser.add_argument(
        "--no-draft", action="store_true", help="no draft, where the site's generator has drafts"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    title = " ".join(arguments.title.split())
    config = configuration.of_run(arguments.config, Path.cwd())
    generator = config.generator
    shape = new_post.shape_of(generator, newest_post(config))
    now = datetime.now(config.site.timezone)
    top = generator.root if generator else Path.cwd()
    file = top / new_post.place(shape, title, now)
    new_post.write(file, new_post.text_of(shape, title, now, draft=not arguments.no_draft))
    where = clean(site.from_here(file))
    console.out(f"{where}: written")
    if shape.draft is not None and not arguments.no_draft:
        console.out(f"It is a draft, and not sent: take out `{shape.draft[0]}` when it is ready.")
    console.out(f"Next: write it, then publish {shlex.quote(where)} --dry-run")
    return 0
