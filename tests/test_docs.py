"""What the documentation says is true: it is complete, its examples load, its commands run, its
links lead somewhere.

The files are those beside this folder; the code is whatever is installed.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import resources
from itertools import pairwise
from pathlib import Path

import pytest

import publisher
from publisher import cli, config, documentation, registry
from publisher.config import COMMON_OPTIONS
from publisher.errors import PublishError
from publisher.post.reader import read
from tests.conftest import CHANNELS, Publish
from tests.pages import (
    PAGES,
    README,
    ROOT,
    blocks,
    commands,
    in_folder,
    inline_code,
    publish_commands,
)

EXAMPLE = ROOT / "config.example.toml"
EXAMPLES = sorted(ROOT.glob("examples/*.md"))


def parsed(arguments: list[str]) -> None:
    """Raises UsageError for a command line that doesn't exist."""
    command = arguments[0] if arguments[0] in cli.COMMANDS else ""
    cli.parser(command).parse_args(arguments[1:] if command else arguments)


# Each adapter has all that belongs to it.


ADAPTERS = sorted(
    file.stem for file in (ROOT / "adapters").glob("*.py") if not file.stem.startswith("_")
)


@pytest.mark.parametrize("name", ADAPTERS)
class TestEachAdapter:
    def test_has_an_entry_point(self, name: str) -> None:
        assert name in registry.names()
        assert f'{name} = "publisher.adapters.{name}:' in (ROOT / "pyproject.toml").read_text(
            "utf-8"
        )

    def test_has_a_template(self, name: str) -> None:
        installed = resources.files("publisher.templates")
        endings = ("txt.j2", "html.j2") if registry.load(name).html else ("txt.j2",)
        for ending in endings:
            assert (installed / f"{name}.{ending}").is_file()

    def test_has_a_test_module(self, name: str) -> None:
        assert (ROOT / "tests" / f"test_{name}.py").is_file()

    def test_has_a_page_with_every_option(self, name: str) -> None:
        page = (ROOT / "docs" / f"{name}.md").read_text("utf-8")
        options = [option.name for option in registry.load(name).options]
        assert [option for option in options if not re.search(rf"\b{option}\b", page)] == []

    def test_has_a_section_with_every_option(self, name: str) -> None:
        section = section_of(name)
        assert [
            option.name for option in registry.load(name).options if option.name not in section
        ] == []


def test_the_readme_leads_to_each_channel_s_page() -> None:
    text = README.read_text("utf-8")
    assert [name for name in ADAPTERS if f"(docs/{name}.md)" not in text] == []


# config.example.toml


def uncommented() -> str:
    return re.sub(r"^# (?=\w+ = )", "", EXAMPLE.read_text("utf-8"), flags=re.MULTILINE)


def section_of(name: str) -> set[str]:
    part = re.split(r"^\[", uncommented(), flags=re.MULTILINE)
    (body,) = [each for each in part if each.startswith(f"channels.{name}]")]
    return set(re.findall(r"^(\w+) = ", body, re.MULTILINE))


def test_the_example_configuration_is_valid() -> None:
    loaded = config.load(EXAMPLE)
    assert set(ADAPTERS) < set(loaded.channels)
    assert loaded.channels["mastodon-fr"].adapter == "mastodon"
    assert loaded.warnings == ()


def test_it_is_also_valid_with_every_optional_key(tmp_path: Path) -> None:
    text = uncommented()
    assert text.count("\n# ") < EXAMPLE.read_text("utf-8").count("\n# ") - 10
    path = tmp_path / "publish.toml"
    path.write_text(text, "utf-8")
    loaded = config.load(path)
    assert loaded.channels["mastodon"].settings["visibility"] == "unlisted"


def test_it_names_every_key_of_every_section() -> None:
    text = uncommented()
    for key in (*config._SITE_KEYS, "path", "branch", "require_alt", "hosts"):
        assert re.search(rf"^{key} = ", text, re.MULTILINE)
    assert {option.name for option in COMMON_OPTIONS} <= section_of("mastodon")


def test_each_key_of_it_has_a_comment_above() -> None:
    lines = EXAMPLE.read_text("utf-8").splitlines()
    explained = {
        "on_unknown",
        "deadline",
        "images",
        "api_base_url",
        "access_token",
        "consumer_secret",
        "access_token_secret",
        "adapter",
    }
    for above, line in pairwise(lines):
        key = re.match(r"(?:# )?(\w+) = ", line)
        if key and key[1] not in explained:
            assert above.startswith("# "), line
            assert not re.match(r"# \w+ = ", above), line


# The examples


def test_the_examples_are_posts_that_make_demo_may_send() -> None:
    loaded = config.bare(ROOT)
    posts = [read(file, loaded) for file in EXAMPLES]
    assert len(posts) == 20, "one in each language that docs/examples.md promises"
    for post in posts:
        assert post.title
        assert post.tags
        assert post.language
        assert post.url.startswith("https://example.org/")
        assert post.date is not None
        assert not post.draft
        assert not post.notes
    assert len({post.language for post in posts}) == len(posts)
    assert any(post.overrides for post in posts)


def test_the_examples_fit_on_every_channel(
    publish: Publish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()  # the search for a configuration ends here
    in_folder(tmp_path, {f"examples/{file.name}": file.read_text("utf-8") for file in EXAMPLES})
    ran = publish("examples", "--dry-run", "--json")
    assert ran.status == 0, ran.err
    assert ran.json["warnings"] == []
    assert len(ran.json["results"]) == len(EXAMPLES) * len(CHANNELS)


# The README's commands


@pytest.fixture
def newcomer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the README tells one to write: hello.md, publish.toml."""
    (post,) = blocks(README, "markdown")
    (settings,) = blocks(README, "toml")
    (tmp_path / ".git").mkdir()
    in_folder(tmp_path, {"hello.md": post, "publish.toml": settings})
    for name in list(os.environ):
        if name.endswith(("_TOKEN", "_SECRET", "_KEY", "_URL")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def runs_here(arguments: list[str]) -> bool:
    return (
        arguments[0] in ("channels", "status")
        or "--dry-run" in arguments
        or "--sandbox" in arguments
    )


def test_the_readme_has_commands_that_run_here() -> None:
    every = publish_commands(README)
    assert len(every) >= 8
    assert any("--dry-run" in arguments for arguments in every)
    assert any("--sandbox" in arguments for arguments in every)


@pytest.mark.parametrize(
    "arguments", [a for a in publish_commands(README) if runs_here(a)], ids=" ".join
)
def test_the_readme_s_commands_run(arguments: list[str], newcomer: Path, publish: Publish) -> None:
    assert publish(*arguments).status == 0


def test_the_first_dry_run_needs_no_configuration(newcomer: Path, publish: Publish) -> None:
    (newcomer / "publish.toml").unlink()
    ran = publish("hello.md", "--dry-run", "--json")
    assert ran.status == 0
    assert set(ran.statuses()) == set(CHANNELS)
    assert ran.json["warnings"] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_line_that_is_shown_exists(page: Path) -> None:
    for arguments in publish_commands(page):
        parsed(arguments)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_that_is_shown_exists(page: Path) -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    shown = re.findall(
        r"(?:^|`)make ([a-z]+)", "\n".join((*commands(page), *inline_code(page))), re.MULTILINE
    )
    assert [target for target in shown if target not in targets] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_shell_block_says_only_what_is_known(page: Path) -> None:
    known = (
        "publish ",
        "make ",
        "pip install ",
        "pipx install ",
        "uvx ",
        "podman ",
        "export ",
        "sudo ",
        "python",
        "npm ",
        ".ci/run",
        ".venv/bin/",
        "curl ",
    )
    assert [line for line in commands(page) if not line.lstrip().startswith((*known, "#"))] == []


def hints() -> Iterator[str]:
    """The texts of everything that the installed code gives as a `hint`."""
    for folder in publisher.__path__:
        for file in Path(folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                named = [getattr(target, "id", "") for target in getattr(node, "targets", ())]
                if isinstance(node, ast.keyword | ast.Assign) and "hint" in (
                    getattr(node, "arg", ""),
                    *named,
                ):
                    for each in ast.walk(node.value):
                        if isinstance(each, ast.Constant) and isinstance(each.value, str):
                            yield each.value


def test_every_command_that_a_hint_names_exists() -> None:
    named = {
        name
        for hint in hints()
        for name in re.findall(r"(?:^|[` ])publish ([a-z]+)(?=[ `]|$)", hint)
    }
    assert {"resolve", "status"} <= named
    assert named <= set(cli.COMMANDS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_in_the_running_text_exists(page: Path) -> None:
    named = re.findall(r"`publish ([a-z]+)(?=[ `])", page.read_text("utf-8"))
    assert set(named) <= set(cli.COMMANDS)


# Pages


def anchors(page: Path) -> set[str]:
    """The names that a page's headings get where it is read."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_local_links_lead_somewhere(page: Path) -> None:
    text = re.sub(
        r"^ *```.*?^ *```$|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_configuration_that_a_page_shows_is_valid(page: Path, tmp_path: Path) -> None:
    for number, block in enumerate(blocks(page, "toml")):
        path = tmp_path / f"{number}.toml"
        path.write_text(block, "utf-8")
        loaded = config.load(path)
        for name, channel in loaded.channels.items():
            adapter = registry.load(channel.adapter)
            assert config.missing(channel, loaded.secrets[name], adapter) == []


def test_the_front_matter_that_is_shown_is_valid(tmp_path: Path) -> None:
    shown = blocks(ROOT / "docs" / "posts.md", "yaml")
    assert shown
    for number, block in enumerate(shown):
        post = tmp_path / f"{number}.md"
        post.write_text(f"---\n{block}---\n\nA text.\n", "utf-8")
        assert read(post, config.load(EXAMPLE)).title


@pytest.mark.parametrize("template", blocks(ROOT / "docs" / "templates.md", "jinja"))
@pytest.mark.parametrize("channel", ["mastodon", "twitter", "discord"])
def test_the_templates_that_are_shown_work(
    template: str, channel: str, newcomer: Path, publish: Publish
) -> None:
    (newcomer / "publish.toml").unlink()
    post = (newcomer / "hello.md").read_text(
        "utf-8"
    ) + "\nThere is more to say about this, and it takes a while. " * 40
    in_folder(newcomer, {"hello.md": post, f"templates/{channel}.txt.j2": template})
    ran = publish("hello.md", "--dry-run", "--channels", channel, "--json")
    assert ran.status == 0, ran.err
    parts = ran.json["results"][0]["parts"]
    assert "Sundays" in parts[0]["text"]
    assert (len(parts) > 1) == ("thread" in template and channel != "discord")


def test_the_names_that_templates_see_are_all_in_the_page() -> None:
    from publisher.compose.compose import SITE
    from publisher.compose.post_view import VIEW

    page = (ROOT / "docs" / "templates.md").read_text("utf-8")
    assert [name for name in VIEW if f"post.{name}" not in page] == []
    assert [name for name in SITE if f"site.{name}" not in page] == []


def test_an_unknown_option_in_a_page_would_be_noticed(tmp_path: Path) -> None:
    """The checks above can fail: a key that isn't there is refused."""
    path = tmp_path / "publish.toml"
    path.write_text("[channels.mastodon]\nvisibilty = 'public'\n", "utf-8")
    with pytest.raises(PublishError):
        config.load(path)


def test_the_examples_page_shows_what_the_command_prints() -> None:
    """To renew it after a change: put what `publish examples --dry-run` prints between the
    fences."""
    ran = subprocess.run(
        [sys.executable, "-m", "publisher", "examples", "--dry-run"],
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    shown = (ROOT / "docs" / "examples.md").read_text("utf-8")
    assert shown.split("````text\n")[1].split("\n````")[0] == ran.stdout.strip("\n"), (
        "the output has changed; if it should: python -m tests.regenerate"
    )


def test_no_hint_names_a_file_that_is_not_installed() -> None:
    """Addresses of the documentation stand in one place, and lead to files of this repository."""
    for file in (*(ROOT / "publisher").rglob("*.py"), *(ROOT / "adapters").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.keyword) or node.arg != "hint":
                continue
            words = ast.unparse(node.value)
            assert not re.search(r"config\.example|\bdocs/|README|CONTRIBUTING", words), words
    for name, address in vars(documentation).items():
        if name.isupper() and name != "HOME":
            assert (ROOT / address.removeprefix(f"{documentation.HOME}/")).exists(), address
