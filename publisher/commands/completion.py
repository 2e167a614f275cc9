"""`publish completion bash | zsh | fish`: a script for the shell, which asks back what may come
next.

Own scripts of a few lines, and not a library's: what is worth completing, a post's name and a
channel of this folder's publish.toml, is known only when it is asked for.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from publisher.errors import PublishError
from publisher.tell.console import Console

DESCRIPTION = """\
Print a shell's script that completes commands, flags, posts and channels.

  bash:  publish completion bash >> ~/.bashrc
  zsh:   publish completion zsh >> ~/.zshrc
  fish:  publish completion fish > ~/.config/fish/completions/publish.fish
"""
SCRIPTS = {
    "bash": """\
_publish() {
    local word
    COMPREPLY=()
    while IFS= read -r word; do
        [[ $word == *[[:space:]]* ]] && word=$(printf '%q' "$word")
        COMPREPLY+=("$word")
    done < <(publish completion words -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]] && compopt -o nospace 2>/dev/null
}
complete -F _publish publish
""",
    "zsh": """\
autoload -Uz compinit && (( $+functions[compdef] )) || compinit
_publish() {
    local -a found
    found=("${(@f)$(publish completion words -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    compadd -S '' -- ${(M)found:#*/}
    compadd -- ${found:#*/}
}
compdef _publish publish
""",
    "fish": """\
function __publish_words
    set -l before (commandline -opc)
    publish completion words -- $before[2..] (commandline -ct) 2>/dev/null
end
complete -c publish -f -a '(__publish_words)'
""",
}
_POSTS = (".md", ".markdown", ".mdx", ".qmd")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=(*SCRIPTS, "words"), help="words: what may come next")
    parser.add_argument("words", nargs="*", metavar="WORD", help="those of the line so far")


def run(arguments: argparse.Namespace, console: Console) -> int:
    if arguments.shell in SCRIPTS:
        console.out(SCRIPTS[arguments.shell].rstrip())
        return 0
    *before, last = arguments.words or [""]
    for word in dict.fromkeys(_next(before, last)):
        if word.startswith(last):
            console.out(word)
    return 0


def _next(before: Sequence[str], last: str) -> Iterator[str]:
    """All that may stand where `last` begins."""
    from publisher.cli import COMMANDS, parser

    command = before[0] if before and before[0] in COMMANDS else ""
    if not before:
        yield from COMMANDS
    actions = parser(command)._actions
    flags = {flag: action for action in actions for flag in action.option_strings}
    asked = flags.get(before[-1]) if before else None
    if asked is not None and asked.nargs != 0:
        yield from _values(asked, last)
    elif last.startswith("-"):
        yield from (flag for flag in flags if flag.startswith("--"))
    else:
        places = [action for action in actions if not action.option_strings]
        filled = _positional(before[1:] if command else before, flags)
        if places:
            yield from _values(places[min(filled, len(places) - 1)], last)


def _positional(words: Sequence[str], flags: Mapping[str, argparse.Action]) -> int:
    """How many of these words are neither a flag nor a flag's value."""
    return sum(
        not word.startswith("-") and not (before in flags and flags[before].nargs != 0)
        for before, word in zip(("", *words), words, strict=False)
    )


def _values(action: argparse.Action, last: str) -> Iterator[str]:
    """What may be said for a flag, or in a place."""
    if action.choices:
        yield from map(str, action.choices)
    elif action.dest in ("channels", "channel"):
        begun = last.rpartition(",")
        yield from (f"{begun[0]}{begun[1]}{name}" for name in _channels())
    elif action.dest == "topic":
        from importlib import resources

        for page in resources.files("publisher.docs").iterdir():
            if page.name.endswith(".md"):
                yield page.name.removesuffix(".md")
    elif action.dest in ("post", "posts", "config", "adopt", "all", "known_as", "keep", "file"):
        yield from _files(last, () if action.dest == "config" else _POSTS)


def _channels() -> list[str]:
    """This folder's channels; of a configuration that can't be read, none."""
    from publisher import config

    with suppress(PublishError, OSError):
        return list(config.of_run(None, Path.cwd(), preview=True).channels)
    return []


def _files(last: str, suffixes: Sequence[str]) -> Iterator[str]:
    """Posts and folders; hidden ones where a dot was typed."""
    folder, slash, begun = last.rpartition("/")
    with suppress(OSError):
        for path in sorted(Path(f"{folder}{slash}" or ".").iterdir()):
            if path.name.startswith(".") and not begun.startswith("."):
                continue
            if path.is_dir():
                yield f"{folder}{slash}{path.name}/"
            elif not suffixes or path.suffix.lower() in suffixes:
                yield f"{folder}{slash}{path.name}"
