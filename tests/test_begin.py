"""The first minute: `publish` alone, a slip of the fingers, a home that isn't there."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher import cli
from publisher.sandbox import Sandbox
from publisher.sandbox.mastodon import Mastodon
from tests.conftest import Publish, live


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which nothing is configured; it is the current one."""
    (tmp_path / ".git").mkdir()  # the search for a configuration ends here
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_publish_alone_says_where_to_begin(nowhere: Path, publish: Publish) -> None:
    ran = publish()
    assert ran.status == 0
    assert len(ran.out.splitlines()) == 3
    for words in ("--dry-run", "publish init", "publish help"):
        assert words in ran.out


def test_where_something_is_configured_it_wants_a_post(project: Path, publish: Publish) -> None:
    ran = publish()
    assert ran.status == 2
    assert "name a post" in ran.err


def test_a_file_that_is_called_like_a_slip_is_a_file(project: Path, publish: Publish) -> None:
    (project / "chek").write_text("# A post\n\nHello.\n", "utf-8")
    assert publish("chek", "--dry-run").status == 0


def test_x_is_understood_as_the_channel_that_was_called_otherwise(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    for name in ("x", "X"):
        ran = publish("post.md", "--channels", name)
        assert ran.status == 0, ran.err
    assert len(live(sandbox, "twitter")) == len(sandbox.received()) == 1


def test_with_two_accounts_x_alone_says_too_little(project: Path, publish: Publish) -> None:
    text = (project / "publish.toml").read_text("utf-8")
    start = text.index("[channels.twitter]")
    section = text[start : text.index("[channels.discord]")]
    second = section.replace("[channels.twitter]", '[channels.second]\nadapter = "twitter"')
    (project / "publish.toml").write_text(text + second, "utf-8")
    ran = publish("post.md", "--channels", "x", "--dry-run")
    assert ran.status == 2
    assert "no channel 'x'" in ran.err


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container whose user is a number: pathlib raises this then."""

    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("os.path.expanduser", lambda path: path)


@pytest.mark.usefixtures("homeless")
class TestAUserWithoutAHome:
    def test_can_do_all_the_same(self, nowhere: Path, publish: Publish) -> None:
        (nowhere / "post.md").write_text("# A post\n\nHello.\n", "utf-8")
        ran = publish("post.md", "--dry-run")
        assert ran.status == 0, ran.err

    def test_is_told_that_nobody_knows_where_it_is(self, project: Path, publish: Publish) -> None:
        ran = publish("post.md", "--config", "~/publish.toml")
        assert ran.status == 2
        assert "set HOME" in ran.err
        assert len(ran.err.splitlines()) == 1


def test_an_instance_s_address_with_a_path_is_told_in_one_line(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    text = (project / "publish.toml").read_text("utf-8")
    there = f'"{sandbox[Mastodon].url}"'
    (project / "publish.toml").write_text(text.replace(there, f'{there[:-1]}/@demo"'), "utf-8")
    ran = publish("post.md")
    assert ran.status == 2
    assert f"write {sandbox[Mastodon].url}" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_sandbox_that_can_t_start_says_why(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    taken = sandbox[Mastodon].url.rpartition(":")[2]
    (project / "file").write_text("x", "utf-8")
    for arguments, words in (
        (("--port", taken), "is taken"),
        (("--port", "70000"), "is no port"),
        (("--keep", "file/folder"), "file/folder"),
    ):
        ran = publish("sandbox", *arguments)
        assert ran.status == 2
        assert words in ran.err
        assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize("flag", ["--help", "-h", "--version"])
def test_a_flag_that_is_there_is_no_misspelt_command(
    flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([flag])
    assert ended.value.code == 0
    assert "publish" in capsys.readouterr().out
