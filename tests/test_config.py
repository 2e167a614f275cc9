"""publish.toml: found in the right place, checked as a whole, and secrets kept where they
belong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from publisher import config
from publisher.errors import ConfigError, Problems, PublishError
from publisher.secrets import Redactor, Secret

MASTODON = '[channels.mastodon]\napi_base_url = "https://mastodon.example"\naccess_token = { env = "TOKEN" }\n'


def load(folder: Path, text: str, mode: int = 0o600) -> config.Config:
    path = folder / "publish.toml"
    path.write_text(text, "utf-8")
    path.chmod(mode)
    return config.load(path)


def problems(folder: Path, text: str, mode: int = 0o600) -> list[PublishError]:
    with pytest.raises(PublishError) as caught:
        load(folder, text, mode)
    error = caught.value
    return list(error.errors) if isinstance(error, Problems) else [error]


def test_it_is_searched_from_the_post_s_folder_upwards_to_the_repository_s_root(
    tmp_path: Path,
) -> None:
    deep = tmp_path / "repository" / "content" / "news"
    deep.mkdir(parents=True)
    (tmp_path / "publish.toml").write_text("", "utf-8")
    (tmp_path / "repository" / ".git").mkdir()
    assert config.find(deep) is None, "what lies above the repository is somebody else's"
    (tmp_path / "repository" / "publish.toml").write_text("", "utf-8")
    assert config.find(deep) == tmp_path / "repository" / "publish.toml"
    (deep / "publish.toml").write_text("", "utf-8")
    assert config.find(deep) == deep / "publish.toml"


def test_a_site_generator_s_config_toml_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "config.toml").write_text('base_url = "https://example.org"\n', "utf-8")
    assert config.find(tmp_path) is None
    (tmp_path / "config.toml").write_text(MASTODON, "utf-8")
    assert config.find(tmp_path) == tmp_path / "config.toml"


def test_a_file_that_belongs_to_another_user_is_ignored(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can give a file away")
    (tmp_path / ".git").mkdir()
    (tmp_path / "publish.toml").write_text(MASTODON, "utf-8")
    os.chown(tmp_path / "publish.toml", 12345, 12345)
    assert config.find(tmp_path) is None


def test_everything_that_is_wrong_is_told_at_once_with_line_and_suggestion(tmp_path: Path) -> None:
    text = (
        "[sites]\n"
        "[site]\n"
        "base_ulr = 'https://example.org'\n"
        "language = 3\n"
        "[channels.mastodon]\n"
        'api_base_url = "http://mastodon.example"\n'
        'visibilty = "public"\n'
        "max_characters = true\n"
        'on_unknown = "guess"\n'
        'access_token = { environment = "X" }\n'
        "[channels.mastodom]\n"
        "[channels.discord]\n"
        'colour = "red"\n'
        'allowed_mentions = ["all"]\n'
    )
    found = problems(tmp_path, text)
    assert [error.line for error in found] == [1, 3, 4, 6, 7, 8, 9, 10, 11, 13, 14]
    assert all(isinstance(error, ConfigError) and error.hint for error in found)
    hints = " ".join(error.hint for error in found)
    for suggestion in ("'site'", "'base_url'", "'visibility'", "'mastodon'"):
        assert f"did you mean {suggestion}?" in hints


def test_broken_toml_is_one_line_with_its_number(tmp_path: Path) -> None:
    (error,) = problems(tmp_path, "[site]\nbase_url =\n")
    assert error.line == 2


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org",
        "ftp://example.org",
        "example.org",
        "https://",
        "http://127.0.0.1.evil.example",
    ],
)
def test_credentials_go_over_tls_only(tmp_path: Path, address: str) -> None:
    (error,) = problems(tmp_path, MASTODON.replace("https://mastodon.example", address))
    assert "api_base_url" in error.message


@pytest.mark.parametrize(
    "address", ["https://m.example", "http://127.0.0.1:3000", "http://localhost", "http://[::1]:80"]
)
def test_loopback_is_excepted(tmp_path: Path, address: str) -> None:
    assert load(tmp_path, MASTODON.replace("https://mastodon.example", address)).channels[
        "mastodon"
    ]


def test_a_secret_in_the_clear_only_where_others_can_t_read_it(tmp_path: Path) -> None:
    text = MASTODON.replace('{ env = "TOKEN" }', '"hunter2hunter2"')
    (error,) = problems(tmp_path, text, 0o644)
    assert "hunter2" not in error.message + error.hint
    loaded = load(tmp_path, text, 0o600)
    assert len(loaded.warnings) == 1
    assert "hunter2" not in repr(loaded)
    assert config.read_secrets(loaded, loaded.channels["mastodon"]) == {
        "access_token": "hunter2hunter2"
    }


def test_a_secret_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-a-file\n", "utf-8")
    loaded = load(tmp_path, MASTODON.replace('{ env = "TOKEN" }', '{ file = "token" }'))
    assert config.read_secrets(loaded, loaded.channels["mastodon"]) == {
        "access_token": "from-a-file"
    }


def test_all_missing_variables_are_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = '[channels.twitter]\nconsumer_key = { env = "A_A" }\nconsumer_secret = { env = "B_B" }\n'
    monkeypatch.delenv("A_A", raising=False)
    monkeypatch.setenv("B_B", " ")
    loaded = load(tmp_path, text)
    with pytest.raises(Problems) as caught:
        config.read_secrets(loaded, loaded.channels["twitter"])
    words = " ".join(error.message for error in caught.value.errors)
    for name in ("A_A", "B_B", "access_token", "access_token_secret"):
        assert name in words


def test_a_malformed_secret_is_refused_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load(tmp_path, '[channels.discord]\nwebhook_url = { env = "HOOK" }\n')
    monkeypatch.setenv("HOOK", "https://discord.com/not-a-webhook/sesame")
    with pytest.raises(Problems) as caught:
        config.read_secrets(loaded, loaded.channels["discord"])
    assert "sesame" not in " ".join(error.message + error.hint for error in caught.value.errors)


def test_two_sections_of_one_adapter(tmp_path: Path) -> None:
    loaded = load(
        tmp_path, MASTODON + MASTODON.replace("mastodon]", 'mastodon-fr]\nadapter = "mastodon"')
    )
    assert [channel.adapter for channel in loaded.channels.values()] == ["mastodon", "mastodon"]


@pytest.mark.parametrize(
    "text",
    [
        "https://discord.com/api/webhooks/123456/AbCdEf-token",
        "failed at /api/webhooks/123456/AbCdEf-token",
        "the token AbCdEf-token",
        "user p@ss:word at smtp",
        "user p%40ss%3Aword at smtp",
    ],
)
def test_no_form_of_a_secret_survives_redaction(text: str) -> None:
    redact = Redactor(
        [
            "https://discord.com/api/webhooks/123456/AbCdEf-token",
            "smtp://user:p%40ss%3Aword@mail.example:587",
        ]
    )
    said = redact(text)
    for secret in ("AbCdEf-token", "p@ss:word", "p%40ss%3Aword"):
        assert secret not in said


def test_a_secret_s_repr_shows_where_it_is_and_not_what() -> None:
    assert "hunter2" not in repr(Secret(clear="hunter2"))
    assert "TOKEN" in repr(Secret(env="TOKEN"))


def test_values_of_the_site_are_known_by_their_whole_name(tmp_path: Path) -> None:
    site = load(tmp_path, '[site.values]\nyear = 2026\nrelease = {tag = "v3"}\n').site
    assert site.values == {"year": "2026", "release.tag": "v3"}
    (problem,) = problems(tmp_path, "[site.values]\ntags = [1, 2]\n")
    assert problem.line == 2
    assert "tags is not a text" in str(problem)
