"""Options that several commands share."""

from __future__ import annotations

import argparse


def add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="the configuration; else publish.toml, searched upwards from the post",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def add_posts(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "posts", nargs="+", metavar="POST", help="a Markdown file, or a folder of them"
    )


def add_channels(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--channels", metavar="A,B", help="only these channels")
