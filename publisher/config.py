"""publish.toml → Config. All problems are told at once, with file, line, key and the name that was
probably meant."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from publisher import dotenv, registry
from publisher.adapter import Adapter, Channel, Option
from publisher.dates import parse_date, zone_of
from publisher.errors import ConfigError, Problems, PublishError, did_you_mean
from publisher.files import home, inside, named, read_text, resolved, without_tilde
from publisher.generators.find_site import find_site
from publisher.generators.generator import Generator
from publisher.generators.listing import COMMANDS
from publisher.hosts import parts_of
from publisher.secrets import Secret

SIZE_LIMIT = 1_000_000
"""Bytes of a configuration file."""

COMMON_OPTIONS = (
    Option(
        "adapter", "text", "which adapter this section is for; the section's own name, if not given"
    ),
    Option(
        "max_characters", "integer", "the limit to compose for, if it differs from the platform's"
    ),
    Option(
        "on_unknown",
        "text",
        "what to do where nobody can say whether a post is live: hold it, or risk sending it twice",
        choices=("hold", "resend"),
    ),
    Option(
        "deadline", "integer", "seconds after which a channel gives up trying; 600 if not given"
    ),
    Option(
        "images",
        "list",
        "the pictures to attach, in place of the post's own; [] for none: paths, addresses, or ![alt](path)",
        in_post=True,
    ),
)

PERMALINK_NAMES = ("slug", "year", "month", "day", "path")
MAX_AGE = timedelta(days=14)
"""Posts older than this are left alone where nobody named them: longer than a holiday, shorter than
an archive."""
SYNDICATION = ("front-matter", "file")
_SITE_KEYS = (
    "base_url", "title", "language", "permalink", "static", "timezone", "since", "wait_for_page", "syndication",
    "values", "ignore_keys", "max_age", "undated", "approve", "built", "build_list",
)  # fmt: skip
_SECTIONS = ("site", "pictures", "ledger", "channels")


@dataclass(frozen=True, slots=True)
class Site:
    """`timezone` is for dates that don't say theirs; what is dated before `since` is an archive,
    and not sent. What nobody named by itself is left alone where it is older than `max_age`, or has
    no date and `undated` is false. With `approve`, nothing is sent that wasn't approved as it is.

    `wait_for_page` are seconds that a post's page may take to be there; `syndication` is where
    links are written back. `title` goes before a post's title that is only a version; `values` are
    what a template language would fill in, by name ("release.tag"). `built` is the folder of
    the built site, where that isn't its generator's own; `build_list` the generator that is asked
    for a list of its pages. `own` are the keys that publish.toml says
    itself: the others may come from the site's generator.
    """

    base_url: str = ""
    title: str = ""
    language: str = ""
    permalink: str = ""
    static: str = "static"
    timezone: tzinfo = UTC
    since: datetime | None = None
    wait_for_page: float = 0.0
    syndication: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    ignore_keys: frozenset[str] = frozenset()
    max_age: timedelta = MAX_AGE
    undated: bool = False
    approve: bool = False
    built: str = ""
    build_list: str = ""
    own: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Pictures:
    """`require_alt`: one without a text is an error. `hosts` may be asked for pictures though they
    aren't public."""

    require_alt: bool = False
    hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Config:
    """One run's settings. `path` is None where there is no file; `root` is the folder everything is
    relative to.

    `usual` are the channels of a post that names none; empty: all. `confined`: what it names lies
    inside `root`, too. `generator` is what builds the site that the
    posts lie in, where it is known. The ledger is the file `ledger`; or, where
    `branch` is not empty, it lives on that branch of the repository.
    """

    root: Path
    path: Path | None = None
    site: Site = field(default_factory=Site)
    pictures: Pictures = field(default_factory=Pictures)
    ledger: Path = Path(".publish/ledger.db")
    branch: str = ""
    channels: Mapping[str, Channel] = field(default_factory=dict)
    usual: tuple[str, ...] = ()
    secrets: Mapping[str, Mapping[str, Secret]] = field(default_factory=dict)
    warnings: tuple[PublishError, ...] = ()
    confined: bool = False
    generator: Generator | None = None

    def ledger_path(self) -> Path:
        return self.root / self.ledger

    def names_from(self) -> Path:
        """The folder that the ledger's paths of posts begin at: of a ledger on a branch, which two
        sites may share, the repository's; else the configuration's."""
        root = resolved(self.root)
        if not self.branch:
            return root
        return next((each for each in (root, *root.parents) if (each / ".git").exists()), root)

    def keep(self) -> Path | None:
        """The folder for what may lie on this machine alone. None where nothing may: in a job, whose
        files become artifacts and caches, and where the ledger is public."""
        if self.path is None or self.branch or os.environ.get("CI"):
            return None
        ledger = self.ledger_path()
        inside = ledger.is_relative_to(self.root)
        return (self.root / ".publish" if inside else ledger.parent) / "sessions"

    def templates(self) -> Path:
        return self.root / "templates"

    def built(self) -> Path | None:
        """The folder that the site is built into, as `[site] built` or its generator says it; None
        where nothing is known of one."""
        if self.site.built:
            return self.root / self.site.built
        return self.generator.output() if self.generator else None


def find(start: Path) -> Path | None:
    """The configuration for a post in the folder `start`: searched upwards to the repository's
    root, or home.

    A file that belongs to another user is passed over: it could send a stranger's post with your
    credentials.
    """
    folder = start.resolve()
    top = home()
    while True:
        for name in ("publish.toml", "config.toml"):
            path = folder / name
            if path.is_file() and _is_own(path) and (name == "publish.toml" or _is_ours(path)):
                return path
        if (folder / ".git").exists() or folder in (top, folder.parent):
            return None
        folder = folder.parent


def _is_own(path: Path) -> bool:
    return not hasattr(os, "getuid") or path.stat().st_uid in (os.getuid(), 0)


def _is_ours(path: Path) -> bool:
    """Zola and Hugo call their own file config.toml too; ours has channels or a ledger."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return "channels" in data or "ledger" in data


def load(path: Path) -> Config:
    """Read a configuration file. Raises ConfigError, or Problems where there are several."""
    text = read_text(path, SIZE_LIMIT, ConfigError)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        found = re.search(r"\(at line (\d+)", str(problem))
        line = int(found[1]) if found else text.count("\n") + 1
        raise ConfigError(
            f"is not valid TOML: {problem}", hint="mend the line", file=path, line=line
        ) from None
    return _Reader(path, text).read(data)


def of_run(
    given: str | None, folder: Path, *, preview: bool = False, confined: bool = False
) -> Config:
    """The one configuration of a run: as named, else searched from `folder` upwards.

    For a preview, one that has no channel yet has every adapter's. `confined`: it may be a
    stranger's, and neither it nor a file that it names may lie elsewhere.
    """
    path = named(Path.cwd(), given, confined=confined) if given else find(folder)
    if path is None:
        return _on_its_site(replace(bare(folder), confined=confined), folder)
    if confined:
        inside(path.parent, path.name)
    config = _on_its_site(load(Path(given) if given else path), folder)
    if confined:
        config = _confined(config)
    if confined and preview:  # it may be a stranger's: nothing of it is run
        config = replace(config, site=replace(config.site, build_list=""))
    if preview and not config.channels:
        return replace(config, channels=bare(config.root).channels, usual=registry.USUAL)
    return config


def _on_its_site(config: Config, folder: Path) -> Config:
    """With what the site's generator says, where publish.toml doesn't. Raises ConfigError where that
    can't be read."""
    generator = find_site(folder)
    if generator is None:
        return config
    facts, site = generator.facts, config.site
    known: dict[str, Any] = {
        "base_url": facts.base_url,
        "title": facts.title,
        "language": facts.language,
        "static": _seen_from(config.root, generator.root / facts.static) if facts.static else "",
    }
    with suppress(ValueError):
        known["timezone"] = zone_of(facts.timezone) if facts.timezone else None
    new = {name: value for name, value in known.items() if value and name not in site.own}
    return replace(config, site=replace(site, **new), generator=generator)


def _seen_from(root: Path, folder: Path) -> str:
    """`folder` as a path from `root`; empty where it lies elsewhere."""
    top, real = resolved(root), folder.resolve()
    return str(real.relative_to(top)) if real.is_relative_to(top) else ""


def _confined(config: Config) -> Config:
    """Raises ConfigError for a secret's file that lies elsewhere."""
    for secrets in config.secrets.values():
        for secret in secrets.values():
            if secret.file is not None:
                inside(config.root, secret.file)
    channels = {name: replace(channel, confined=True) for name, channel in config.channels.items()}
    return replace(config, channels=channels, confined=True)


def bare(root: Path) -> Config:
    """The settings where no file was found: every adapter under its own name, nothing
    configured."""
    names = registry.names()
    channels = {name: Channel(name, name, {}, root) for name in names}
    return Config(root=root, channels=channels, usual=registry.USUAL)


class _Reader:
    """Reads one file, gathering every problem instead of stopping at the first."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines = text.split("\n")
        self.root = path.resolve().parent
        self.errors: list[PublishError] = []
        self.warnings: list[PublishError] = []

    def read(self, data: dict[str, Any]) -> Config:
        for key in data:
            if key not in _SECTIONS:
                self.problem(f"unknown section [{key}]", did_you_mean(key, _SECTIONS), key)
        site = self.site(self.table(data, "site"))
        pictures = self.pictures(self.table(data, "pictures"))
        ledger = self.texts("ledger", self.table(data, "ledger"), ("path", "branch"))
        branch = ledger.get("branch", "")
        if branch and not re.fullmatch(r"[\w][\w./-]*", branch):
            self.problem(
                "[ledger] branch is not a branch's name",
                'write "publish-ledger"',
                "ledger",
                "branch",
            )
        channels: dict[str, Channel] = {}
        secrets: dict[str, Mapping[str, Secret]] = {}
        for name, section in self.table(data, "channels").items():
            read = self.channel(name, section)
            if read:
                channels[name], secrets[name] = read
        if self.errors:
            raise self.errors[0] if len(self.errors) == 1 else Problems(self.errors)
        return Config(
            root=self.root,
            path=self.path,
            site=site,
            pictures=pictures,
            ledger=Path(ledger.get("path") or ".publish/ledger.db"),
            branch=branch,
            channels=channels,
            secrets=secrets,
            warnings=tuple(self.warnings),
        )

    def problem(self, message: str, hint: str, section: str, key: str = "") -> None:
        self.errors.append(
            ConfigError(message, hint=hint, file=self.path, line=self.line(section, key))
        )

    def line(self, section: str, key: str) -> int | None:
        """Where a key stands. tomllib doesn't say, so this looks for it; None where it is written
        unusually."""
        at = None
        for number, line in enumerate(self.lines, 1):
            header = re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line)
            if header:
                at = header[1].replace('"', "").replace("'", "")
                if at == section and not key:
                    return number
            elif (
                at == section
                and key
                and re.match(rf"""\s*["']?{re.escape(key)}["']?\s*[=.]""", line)
            ):
                return number
        return None

    def table(self, data: dict[str, Any], name: str) -> dict[str, Any]:
        value = data.get(name, {})
        if isinstance(value, dict):
            return value
        self.problem(f"[{name}] is not a table", f"write [{name}] and its keys below", name)
        return {}

    def texts(self, section: str, table: dict[str, Any], known: Sequence[str]) -> dict[str, str]:
        values: dict[str, str] = {}
        for key, value in table.items():
            if key not in known:
                self.problem(
                    f"unknown key {key!r} in [{section}]", did_you_mean(key, known), section, key
                )
            elif not isinstance(value, str):
                self.problem(f"[{section}] {key} is not a text", "write it in quotes", section, key)
            else:
                values[key] = value
        return values

    def pictures(self, table: dict[str, Any]) -> Pictures:
        for key in table:
            if key not in ("require_alt", "hosts"):
                hint = did_you_mean(key, ("require_alt", "hosts"))
                self.problem(f"unknown key {key!r} in [pictures]", hint, "pictures", key)
        require = self.flag("pictures", "require_alt", table.get("require_alt", False))
        hosts = table.get("hosts", [])
        if not isinstance(hosts, list) or not all(isinstance(host, str) and host for host in hosts):
            self.problem(
                "[pictures] hosts is not a list of texts",
                'write ["media.lan"]',
                "pictures",
                "hosts",
            )
            hosts = []
        return Pictures(require, frozenset(host.lower() for host in hosts))

    def site(self, table: dict[str, Any]) -> Site:
        # TOML has dates of its own, and people write them without quotes.
        table = {
            key: str(value) if key == "since" and isinstance(value, date) else value
            for key, value in table.items()
        }
        filled_in = self.filled_in(self.table(table, "values"))
        table.pop("values", None)
        ignored = self.ignored(table.pop("ignore_keys", []))
        max_age = self.age(table.pop("max_age", MAX_AGE.days))
        undated = self.flag("site", "undated", table.pop("undated", False))
        approve = self.flag("site", "approve", table.pop("approve", False))
        values = self.texts("site", table, _SITE_KEYS)
        base = values.get("base_url", "")
        if base and not re.match(r"https?://[^/\s]+", base):
            self.problem(
                "[site] base_url is not an address",
                'write for example "https://example.org/"',
                "site",
                "base_url",
            )
        try:
            values.get("permalink", "").format(**dict.fromkeys(PERMALINK_NAMES, "x"))
        except (LookupError, ValueError, AttributeError):
            names = ", ".join(f"{{{name}}}" for name in PERMALINK_NAMES)
            self.problem(
                "[site] permalink can't be filled in",
                f"it may contain {names}",
                "site",
                "permalink",
            )
        zone: tzinfo = UTC
        if "timezone" in values:
            try:
                zone = zone_of(values["timezone"])
            except ValueError:
                name = values["timezone"]
                self.problem(
                    f"[site] timezone: {name!r} is not known",
                    'write for example "Europe/Paris"',
                    "site",
                    "timezone",
                )
        since = parse_date(values["since"], zone) if "since" in values else None
        if "since" in values and since is None:
            self.problem(
                "[site] since is not a date", 'write for example "2026-01-01"', "site", "since"
            )
        wait = _seconds(values.get("wait_for_page", "0"))
        if wait is None:
            self.problem(
                "[site] wait_for_page is not a time",
                'write for example "10m"',
                "site",
                "wait_for_page",
            )
        syndication = values.get("syndication", "")
        if syndication and syndication not in SYNDICATION:
            hint = did_you_mean(syndication, SYNDICATION)
            self.problem(
                f"[site] syndication can't be {syndication!r}", hint, "site", "syndication"
            )
        listing = values.get("build_list", "")
        if listing and listing not in COMMANDS:
            hint = f"write one of: {', '.join(COMMANDS)}"
            self.problem(f"[site] build_list can't be {listing!r}", hint, "site", "build_list")
        given = {
            key: values[key]
            for key in (
                "base_url",
                "title",
                "language",
                "permalink",
                "static",
                "built",
                "build_list",
            )
            if key in values
        }
        return Site(
            **given,
            timezone=zone,
            since=since,
            wait_for_page=wait or 0.0,
            syndication=syndication,
            values=filled_in,
            ignore_keys=ignored,
            max_age=max_age,
            undated=undated,
            approve=approve,
            own=frozenset(values),
        )

    def age(self, value: Any) -> timedelta:
        """`[site] max_age`: days, as a number or as in "14d", "14 days", "2 weeks"."""
        found = re.fullmatch(r"\s*(\d{1,5})\s*(d|days?|w|weeks?)?\s*", str(value), re.IGNORECASE)
        if found is None or isinstance(value, bool):
            self.problem("[site] max_age is no number of days", "write 14", "site", "max_age")
            return MAX_AGE
        weeks = (found[2] or "").lower().startswith("w")
        return timedelta(weeks=int(found[1])) if weeks else timedelta(days=int(found[1]))

    def flag(self, section: str, key: str, value: Any) -> bool:
        if not isinstance(value, bool):
            self.problem(f"[{section}] {key} is neither true nor false", "write true", section, key)
        return value is True

    def ignored(self, value: Any) -> frozenset[str]:
        """`[site] ignore_keys`: front matter keys that are somebody else's."""
        if isinstance(value, list) and all(isinstance(key, str) for key in value):
            return frozenset(key.lower() for key in value)
        self.problem(
            "[site] ignore_keys is not a list of texts", 'write ["drafts"]', "site", "ignore_keys"
        )
        return frozenset()

    def filled_in(self, table: dict[str, Any], above: str = "") -> dict[str, str]:
        """`[site.values]`, tables in it by their whole name: release = {tag = "v3"} is
        "release.tag"."""
        values: dict[str, str] = {}
        for key, value in table.items():
            if isinstance(value, dict):
                values |= self.filled_in(value, f"{above}{key}.")
            elif isinstance(value, str | int | float) and not isinstance(value, bool):
                values[above + key] = str(value)
            else:
                self.problem(
                    f"[site.values] {above}{key} is not a text",
                    "write it in quotes",
                    "site.values",
                    key,
                )
        return values

    def channel(self, name: str, section: Any) -> tuple[Channel, dict[str, Secret]] | None:
        where = f"channels.{name}"
        if not isinstance(section, dict):
            self.problem(f"[{where}] is not a table", f"write [{where}] and its keys below", where)
            return None
        adapter_name = section.get("adapter", name)
        try:
            adapter = registry.load(str(adapter_name))
        except ConfigError as error:
            hint = (
                error.hint
                if "adapter" in section
                else f'{error.hint}; or say adapter = "…" in the section'
            )
            self.problem(error.message, hint, where, "adapter" if "adapter" in section else "")
            return None
        options = {option.name: option for option in (*COMMON_OPTIONS, *adapter.options)}
        settings: dict[str, Any] = {}
        secrets: dict[str, Secret] = {}
        for key, value in section.items():
            option = options.get(key)
            if option is None:
                self.problem(
                    f"unknown key {key!r} in [{where}]", did_you_mean(key, options), where, key
                )
            elif option.secret:
                secret = self.secret(where, option, value, bound_to(adapter, section))
                if secret:
                    secrets[key] = secret
            else:
                wrong = wrong_value(option, value)
                if wrong:
                    self.problem(f"[{where}] {key} {wrong}", option.help, where, key)
                elif key != "adapter":
                    settings[key] = value
        return Channel(name, str(adapter_name), settings, self.root), secrets

    def secret(self, where: str, option: Option, value: Any, bound_to: str) -> Secret | None:
        form = (
            f'write {option.name} = {{ env = "NAME" }}, {{ keyring = "name" }}'
            ' or { file = "path" }'
        )
        if isinstance(value, str) and value:
            if _others_can_read(self.path):
                self.problem(
                    f"[{where}] {option.name} stands in the clear, in a file that others can read",
                    f"{form}; or take the others' right to read it: chmod 600 {self.path.name}",
                    where,
                    option.name,
                )
                return None
            self.warnings.append(
                ConfigError(
                    f"[{where}] {option.name} stands in the clear",
                    hint=form,
                    file=self.path,
                    line=self.line(where, option.name),
                )
            )
            return Secret(clear=value)
        if isinstance(value, dict) and len(value) == 1:
            key, target = next(iter(value.items()))
            if key == "env" and isinstance(target, str) and re.fullmatch(r"[A-Za-z_]\w*", target):
                return Secret(env=target)
            if key == "file" and isinstance(target, str) and target:
                return Secret(file=self.root / without_tilde(target))
            if key == "keyring" and isinstance(target, str) and target:
                return Secret(keyring=target, bound_to=bound_to)
        self.problem(f"[{where}] {option.name} is not a secret's place", form, where, option.name)
        return None


def _seconds(text: str) -> float | None:
    """ "90s", "10m", "1h" or plain seconds; None for anything else."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(s|m|h)?\s*", text)
    return float(found[1]) * {"h": 3600, "m": 60}.get(found[2], 1) if found else None


def wrong_value(option: Option, value: Any) -> str | None:
    """What is wrong with a setting's value, or None."""
    kinds: dict[str, tuple[type, str]] = {
        "text": (str, "is not a text"),
        "integer": (int, "is not a whole number"),
        "boolean": (bool, "is neither true nor false"),
        "list": (list, "is not a list of texts"),
    }
    kind, complaint = kinds[option.kind]
    if option.kind == "list" and isinstance(value, str):
        value = [value]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        return complaint
    if isinstance(value, int) and option.kind == "integer" and value <= 0:
        return "is not a positive number"
    if isinstance(value, list) and not all(isinstance(item, str) for item in value):
        return complaint
    if option.choices:
        for item in value if isinstance(value, list) else [value]:
            if item not in option.choices:
                return f"is none of: {', '.join(option.choices)}"
    return option.check(value) if option.check else None


def bound_to(adapter: type[Adapter], settings: Mapping[str, Any]) -> str:
    """Whose an entry of the keyring is: the adapter's, at the host that its secrets are sent to.
    Where no setting says that host, it is the adapter's own, or the secret itself names it."""
    hosts = [
        parts.netloc.lower()
        for option in adapter.options
        if option.leads and (parts := parts_of(str(settings.get(option.name, ""))))
    ]
    return " ".join([adapter.name, *filter(None, hosts)])


def missing(
    channel: Channel, secrets: Mapping[str, Secret], adapter: type[Adapter]
) -> list[Option]:
    """The required options that a section doesn't have."""
    return [
        option
        for option in adapter.options
        if option.required and option.name not in channel.settings and option.name not in secrets
    ]


def read_secrets(config: Config, channel: Channel) -> dict[str, str]:
    """The values of one channel's secrets: the only place that reads them.

    Raises Problems with everything that is missing or malformed; a value is never shown.
    """
    adapter = registry.load(channel.adapter)
    where = f"channels.{channel.name}"
    given = config.secrets.get(channel.name, {})
    errors: list[PublishError] = [
        ConfigError(f"[{where}] {option.name} is missing", hint=option.help, file=config.path)
        for option in missing(channel, given, adapter)
    ]
    values: dict[str, str] = {}
    environ = _environment(config, given.values())
    for option in adapter.options:
        if option.name not in given:
            continue
        try:
            value = given[option.name].read(environ)
        except ConfigError as error:
            errors.append(
                ConfigError(
                    f"[{where}] {option.name}: {error.message}", hint=error.hint, file=config.path
                )
            )
            continue
        wrong = option.check(value) if option.check else None
        if wrong:
            errors.append(
                ConfigError(f"[{where}] {option.name} {wrong}", hint=option.help, file=config.path)
            )
        values[option.name] = value
    if errors:
        raise Problems(errors)
    return values


def _environment(config: Config, secrets: Iterable[Secret]) -> Mapping[str, str]:
    """The environment, and what .env beside publish.toml has of the names that are missing in it.
    Raises ConfigError.

    Content that may be a stranger's has no .env: a job has an environment.
    """
    absent = {secret.env for secret in secrets if secret.env and not secret.present()}
    if not absent or config.confined or config.path is None:
        return os.environ
    return {**os.environ, **dotenv.read(config.root, absent)}


def _others_can_read(path: Path) -> bool:
    return os.name == "posix" and bool(path.stat().st_mode & 0o077)
