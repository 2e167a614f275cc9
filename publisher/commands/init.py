"""`publish init`: from nothing to a first post. Asks at a terminal; by flags and --yes elsewhere.

Each step can be taken again: what is there is extended or left, and replaced only after asking.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from publisher import config as configuration
from publisher import dotenv, registry, system_keyring
from publisher.adapter import Adapter
from publisher.config import SIZE_LIMIT, Config
from publisher.errors import ConfigError, PublishError, UsageError
from publisher.files import read_text
from publisher.post.post import Post
from publisher.secrets import assignment
from publisher.setup import answers, ignore, settings_file, workflow
from publisher.setup.answers import Given
from publisher.setup.desk import Desk, Prepared
from publisher.setup.keep import Place, from_environment, keep
from publisher.site.newest import newest_post
from publisher.tell import site
from publisher.tell.console import Console, clean

DESCRIPTION = "Set up publish.toml: which channels, signed in to each. Can be run again."
ARCHIVE = 3
"""Posts that a site has before it is asked whether they are an archive."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--channels", metavar="A,B", help="set up these; asked, if not given")
    add(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.KEY=VALUE",
        help="an answer: mastodon.api_base_url=https://mastodon.social, site.base_url=…",
    )
    add(
        "--secrets",
        choices=("env-file", "keyring"),
        help="keep secrets in .env, or in the system's keyring; asked, if not given",
    )
    add("--no-browser", action="store_true", help="open no browser: show addresses, take codes")
    add("--workflow", action="store_true", help="also write .github/workflows/publish.yml")
    add("--adopt", metavar="FOLDER", help="also mark the posts in this folder as not to be sent")
    add(
        "--yes",
        action="store_true",
        help="ask nothing: take what the flags and the environment say",
    )


@dataclass(slots=True)
class _Work:
    """What has been found, and what has been done so far."""

    console: Console
    arguments: argparse.Namespace
    given: Given
    folder: Path
    path: Path
    config: Config
    text: str = ""
    variables: list[str] = field(default_factory=list)
    """Environment variables that publish.toml names."""
    absent: list[str] = field(default_factory=list)
    """Those that aren't set anywhere yet."""
    place: Place | None = None

    def desk(self, section: str) -> Desk:
        given = self.given.get(section, {})
        return Desk(self.console, given, browser=not self.arguments.no_browser)

    def asks(self) -> bool:
        return not self.arguments.yes


def run(arguments: argparse.Namespace, console: Console) -> int:
    if not arguments.yes and not console.interactive():
        raise UsageError(
            "publish init asks questions, and nobody is here to answer",
            hint="say --yes, and --channels A,B with --set SECTION.KEY=VALUE",
        )
    if arguments.yes and arguments.secrets:
        raise UsageError(
            "--yes takes secrets as the environment has them", hint="leave --secrets out"
        )
    given = answers.read(arguments.set)
    work = _begin(arguments, given, console)
    example = _site(work)
    names = _names(work)
    answers.demand_known(given, names)
    for name in names:
        _channel(name, work)
    _write(work)
    status = _check(work)
    if not status:
        _test_mail(names, work)
    automatic = _workflow(work, example)
    archived = not automatic and _archive(work, example)
    _next_step(work, None if archived else example, automatic=automatic)
    return status


def _begin(arguments: argparse.Namespace, given: Given, console: Console) -> _Work:
    """The configuration that is there is extended; else a new one is begun in this folder."""
    here = Path.cwd()
    found = configuration.find(here)
    folder = found.parent if found else here
    settings_file.demand_writable(folder)
    path = found or here / "publish.toml"
    config = configuration.of_run(str(found) if found else None, here)
    text = read_text(path, SIZE_LIMIT, ConfigError) if found else ""
    return _Work(console, arguments, given, folder, path, config, text)


def _site(work: _Work) -> Post | None:
    """Show what is known of the site by a real post; where nothing is, ask for its address."""
    console = work.console
    if work.text:
        console.err(f"{_from_here(work.path)} is there: it is extended.")
    example = newest_post(work.config)
    generator = work.config.generator
    if generator is not None:
        console.err(f"{generator.name} builds this site: {_from_here(generator.file)}")
    if example is not None:
        console.err("Its newest post, and that post's page:")
        console.err(f"  {_from_here(example.file)}\n  {clean(example.url)}")
    if work.text:
        return example
    if work.config.generator is None or not work.config.site.base_url:
        work.config = replace(work.config, site=_asked_site(work))
    work.text = settings_file.new_file(work.config.site, work.config.generator)
    return example


def _asked_site(work: _Work) -> configuration.Site:
    known = work.given.get("site", {})
    address = known.get("base_url", "")
    if not address and work.asks():
        if work.config.generator is None:
            work.console.err("No generator that is known here builds a site in this folder.")
        if work.desk("site").agree("Do your posts have pages on a site?", default=False):
            address = work.desk("site").ask(
                "base_url", "The site's address (https://example.org/)", check=_wrong_base
            )
    if not address:
        return configuration.Site()
    if wrong := _wrong_base(address):
        raise UsageError(f"--set site.base_url: {address!r} {wrong}", hint="https://example.org/")
    permalink = known.get("permalink", "")
    return replace(
        work.config.site,
        base_url=address,
        permalink=permalink,
        own=frozenset(("base_url", *(["permalink"] if permalink else []))),
    )


def _wrong_base(text: str) -> str | None:
    is_whole = text.startswith(("https://", "http://")) and len(text.partition("://")[2]) > 0
    return None if is_whole else "is no address such as https://example.org/"


def _names(work: _Work) -> list[str]:
    """The channels to set up: each adapter's name is the section's."""
    known = {name: registry.load(name) for name in registry.names()}
    if work.arguments.channels:
        words = [word.strip() for word in work.arguments.channels.split(",") if word.strip()]
        return list(dict.fromkeys(_adapter_called(word, known) for word in words))
    if not work.asks():
        raise UsageError(
            "--yes sets up what --channels names", hint=f"--channels {','.join(known)}"
        )
    names = list(known)
    shown = [
        f"{known[name].title}{' (set up)' if settings_file.has_section(work.text, name) else ''}"
        for name in names
    ]
    work.console.err("")
    chosen = work.desk("site").choose_several("Where shall your posts go?", shown)
    return [names[number] for number in chosen]


def _adapter_called(word: str, known: dict[str, type[Adapter]]) -> str:
    for name, adapter in known.items():
        if word.lower() in (name, *adapter.aliases):
            return name
    registry.load(word)  # raises, with what was probably meant
    return word


def _channel(name: str, work: _Work) -> None:
    """Set one channel up. One that is there already is replaced only after asking."""
    adapter = registry.load(name)
    desk = work.desk(name)
    if settings_file.has_section(work.text, name):
        question = f"\n[channels.{name}] is there already. Set it up anew?"
        if not work.asks() or not desk.agree(question, default=False):
            work.console.err(f"{name}: left as it is")
            return
    while True:
        try:
            prepared, places = _prepared(name, adapter, work)
            break
        except PublishError as error:
            if not work.asks():
                raise
            work.console.problem(error)
            if not desk.agree(f"Try {adapter.title} again?", default=True):
                work.console.err(
                    f"{name}: left out; publish init --channels {name} sets it up later"
                )
                return
    kept = work.config.channels[name].settings if name in work.config.channels else {}
    section = settings_file.section(name, adapter, {**kept, **prepared.settings}, places)
    work.text = settings_file.with_section(work.text, name, section)


def _prepared(name: str, adapter: type[Adapter], work: _Work) -> tuple[Prepared, dict[str, str]]:
    """Its settings, and what publish.toml says of each secret. Raises PublishError."""
    given = work.given.get(name, {})
    needed = [option for option in adapter.options if option.secret and option.required]
    variables = {option.name: option.variable(name) for option in needed}
    if not work.asks():
        prepared = answers.unattended(name, adapter, given)
        work.variables += variables.values()
        if not answers.in_environment(name, adapter):
            have = dotenv.read(work.folder, set(variables.values()))
            work.absent += [each for each in variables.values() if each not in have]
        return prepared, {key: from_environment(each) for key, each in variables.items()}
    settings = answers.settings_in(given, name, adapter)
    guide = adapter.guide()
    desk = work.desk(name)
    desk.say("")
    prepared = guide(desk) if guide else answers.asked(adapter, desk)
    prepared = replace(prepared, settings={**settings, **prepared.settings})
    place = _place(work)
    places = keep(place, work.folder, name, adapter, prepared.settings, prepared.secrets)
    if place == "env-file":
        work.variables += variables.values()
        _warn_of_older(variables.values(), work.console)
    return prepared, places


def _warn_of_older(variables: Iterable[str], console: Console) -> None:
    """What the environment has comes before .env."""
    for name in variables:
        if os.environ.get(name):
            console.err(f"  {name} is set in your shell, and comes before .env: unset {name}")


def _place(work: _Work) -> Place:
    """Where secrets go: asked once, and only where there is a choice."""
    if work.place is None:
        given: Place | None = work.arguments.secrets
        if given is None and system_keyring.is_there():
            places: tuple[Place, ...] = ("keyring", "env-file")
            shown = ("in the system's keyring", "in the file .env here, which only you can read")
            given = places[work.desk("site").choose("Where shall secrets be kept?", shown)]
        work.place = given or "env-file"
    return work.place


def _write(work: _Work) -> None:
    console = work.console
    if not work.path.exists() or read_text(work.path, SIZE_LIMIT, ConfigError) != work.text:
        settings_file.write(work.path, work.text)
        console.out(f"{_from_here(work.path)}: written")
    if work.variables and work.asks():
        dotenv_file = _from_here(work.folder / dotenv.NAME)
        console.out(f"{dotenv_file}: has the secrets; only you can read it")
    for line in ignore.add(work.folder):
        console.out(f"{_from_here(work.folder / '.gitignore')}: {line} added")


def _check(work: _Work) -> int:
    """Sign in everywhere, as `publish check` does."""
    if work.absent:
        for name in dict.fromkeys(work.absent):
            work.console.out(f"still missing: {assignment(name)}, or write it into .env")
        return 0
    return _command("check", "--config", site.from_here(work.path))


def _test_mail(names: Iterable[str], work: _Work) -> None:
    """Offer a mail to oneself where a channel for mail was set up."""
    for name in names:
        if not (work.asks() and registry.load(name).has_recipients()):
            continue
        desk = work.desk(name)
        if desk.agree("\nSend a test mail to yourself?", default=True):
            address = desk.ask("address", "Your address")
            _command("test-mail", address, "--config", site.from_here(work.path))


def _workflow(work: _Work, example: Post | None) -> bool:
    """Offer to publish by itself, on GitHub. Returns whether that is so now."""
    top, generator = workflow.repository(work.folder), work.config.generator
    wanted = bool(work.arguments.workflow)
    if top is None or generator is None or work.place == "keyring":
        if wanted:
            raise UsageError(
                "a workflow needs a repository on GitHub, a known generator, and secrets by the"
                " environment",
                hint="publish help github-action leads through it by hand",
            )
        return False
    if workflow.has_any(top):
        work.console.err(
            "There are workflows: publish help github-action says what to add to them."
        )
        return False
    question = "\nShall GitHub build the site and publish new posts by itself?"
    if not wanted and not (work.asks() and work.desk("site").agree(question, default=False)):
        return False
    posts = example.file.parent.resolve() if example else work.folder
    names = list(dict.fromkeys(work.variables))
    inner = posts.relative_to(top).as_posix() if posts.is_relative_to(top) else "."
    path = workflow.write(top, workflow.text_for(generator, inner, names))
    if "\n[ledger]" not in work.text:
        work.text = f"{work.text.rstrip()}\n\n{workflow.BRANCH}"
        settings_file.write(work.path, work.text)
    console = work.console
    console.out(f"{_from_here(path)}: written")
    console.out("Then, once, in this order:")
    has_gh = shutil.which("gh") is not None
    for name in names:
        by_hand = f"Settings → Secrets and variables → Actions: {name}"
        console.out(f"  gh secret set {name}" if has_gh else f"  {by_hand}")
    console.out("  publish ledger init")
    console.out(f"  publish adopt --all {clean(inner)}")
    return True


def _archive(work: _Work, example: Post | None) -> bool:
    """Offer to mark what was written before as not to be sent. Returns whether that is so now."""
    folder = work.arguments.adopt
    if folder is None and example is not None and work.asks():
        posts = example.file.parent
        count = sum(1 for file in posts.rglob("*.md"))
        question = (
            f"\nMark the {count} posts in {_from_here(posts)} as an archive, never sent by itself?"
        )
        if count > ARCHIVE and work.desk("site").agree(question, default=True):
            folder = str(posts)
    if folder is None:
        return False
    return _command("adopt", "--all", folder, "--config", site.from_here(work.path)) == 0


def _next_step(work: _Work, example: Post | None, *, automatic: bool) -> None:
    if automatic:
        step = "git add .github publish.toml .gitignore, commit, and push"
    elif example is not None:
        step = f"publish {shlex.quote(_from_here(example.file))} --dry-run"
    elif work.config.generator is not None:
        step = 'publish new "The title of your next post"'
    else:
        step = 'publish new "Hello", then publish hello.md --dry-run'
    work.console.out(f"Next: {step}")


def _command(*words: str) -> int:
    """Another command, as if it were typed: commands don't import each other."""
    from publisher.cli import main

    return main(words)


def _from_here(path: Path) -> str:
    return clean(site.from_here(path))
