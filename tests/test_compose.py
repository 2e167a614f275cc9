"""Post + template → Message: for any post and any template that fits at all."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher import registry
from publisher.adapter import Adapter, Channel, Message
from publisher.compose.compose import compose
from publisher.compose.template import environment
from publisher.config import Config, Site
from publisher.errors import PublishError, TemplateError
from publisher.ledger.row import canonical
from publisher.post.reader import read

SITE = Site(base_url="https://example.org/", language="en", permalink="/news/{slug}/")

TEMPLATES = {
    "fit": "{{ post.title }}\n\n{{ post.text | fit }}\n\n{{ post.url }} {{ post.tags | hashtags }}\n",
    "thread": "{{ post.title }}\n\n{{ post.text | thread }}\n\n{{ post.url }}\n",
    "numbered": "{{ post.text | thread(number='{n}/{total}') }}\n",
    "limited": "{{ post.excerpt | fit(100) }}\n",
}

# Words of five languages, addresses, numbers with units, mentions, hashtags, emoji, and Markdown.
WORDS = st.sampled_from(
    [
        *"The lamp is out now and it starts twice as fast.".split(),
        *"Réunion jeudi : venez nombreux ! « Oui », dit-elle.".split(" "),
        "東京で会いましょう。", "新版本发布了！", "مرحبا", "بكم", "👩🏽‍🚀", "🇫🇷", "e\u0301te\u0301", "12\u00a0GB",
        "3.5",
        "https://example.org/a-long-address/with/path?and=query", "example.com", "#release", "@ada",
        "@ada@example.social", "ada@example.org", "**bold**", "*soft*", "`code`", "[words](https://example.org/x)",
        "![alt](pic.png)", "a_b_c", "e.g.", "M. Dupont", "~~gone~~", "&amp;", "<b>raw</b>", "1.", "-",
    ]
)  # fmt: skip
PARAGRAPHS = st.lists(WORDS, min_size=1, max_size=40).map(" ".join)
BLOCKS = st.one_of(
    PARAGRAPHS,
    PARAGRAPHS.map(lambda text: f"## {text}"),
    PARAGRAPHS.map(lambda text: f"> {text}"),
    st.lists(PARAGRAPHS, min_size=1, max_size=4).map(
        lambda items: "\n".join(f"- {item}" for item in items)
    ),
    st.lists(PARAGRAPHS, min_size=1, max_size=4).map(
        lambda items: "\n".join(f"1. {item}" for item in items)
    ),
    st.just("```\nsome  code\n\n\nmore\n```"),
    st.just("<!-- thread -->"),
    st.just("| a | b |\n|---|---|\n| 1 | 2 |"),
)
SOURCES = st.lists(BLOCKS, min_size=1, max_size=12).map("\n\n".join)


def made(
    folder: Path, source: str, adapter: str, template: str = "", **settings: Any
) -> tuple[Adapter, Message]:
    (folder / "templates").mkdir(exist_ok=True)
    file = folder / "templates" / f"{adapter}.txt.j2"
    if not file.is_file() or file.read_text("utf-8") != template:
        environment.cache_clear()  # within one run, templates are read once
        file.unlink(missing_ok=True)
        if template:
            file.write_text(template, "utf-8")
    (folder / "post.md").write_text(
        f"---\ntitle: Lamp 2.0\ntags: [free software]\n---\n\n{source}\n", "utf-8"
    )
    config = Config(root=folder, site=SITE)
    channel = registry.load(adapter)(Channel(adapter, adapter, settings, folder))
    return channel, compose(read(folder / "post.md", config), channel, config, {})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("compose")


ENDLESS = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("adapter", ["mastodon", "twitter", "discord"])
@ENDLESS
@given(source=SOURCES)
def test_no_part_is_over_the_limit_by_the_platform_s_own_count(
    folder: Path, adapter: str, template: str, source: str
) -> None:
    channel, message = made(folder, source, adapter, TEMPLATES[template])
    limit = channel.rule({}, {}).limit
    assert limit is not None
    for index, part in enumerate(message.parts):
        assert message.rule.count(part.text) <= limit
        assert part.text == part.text.strip()
        channel.payload(message, index)


@pytest.mark.parametrize("adapter", ["mastodon", "twitter"])
@ENDLESS
@given(source=SOURCES)
def test_a_thread_joined_together_loses_no_word_and_repeats_none(
    folder: Path, adapter: str, source: str
) -> None:
    _, whole = made(folder, source, adapter, "{{ post.text }}", max_characters=1_000_000)
    _, parts = made(folder, source, adapter, "{{ post.text | thread(parts=1000) }}")
    joined = " ".join(part.text for part in parts.parts)
    assert re.sub(r"\s", "", joined) == re.sub(r"\s", "", whole.parts[0].text)


@pytest.mark.parametrize("adapter", ["mastodon", "twitter", "discord", "email"])
@ENDLESS
@given(source=SOURCES)
def test_composing_twice_gives_the_same_bytes(folder: Path, adapter: str, source: str) -> None:
    first, one = made(folder, source, adapter)
    second, two = made(folder, source, adapter)
    assert [canonical(first.payload(one, n)) for n in range(len(one.parts))] == [
        canonical(second.payload(two, n)) for n in range(len(two.parts))
    ]


@pytest.mark.parametrize("adapter", ["mastodon", "twitter", "discord", "email"])
def test_a_post_of_a_megabyte_composes(folder: Path, adapter: str) -> None:
    source = "\n\n".join(
        f"Paragraph {n}: the lamp starts twice as fast, and remembers what was open."
        for n in range(14_000)
    )
    assert len(source) > 1_000_000
    _, message = made(folder, source, adapter)
    assert message.parts[0].text


@pytest.mark.parametrize(
    "piece",
    [
        "[",
        "]",
        "(",
        "> ",
        "- ",
        "* ",
        "*",
        "_",
        "**a ",
        "`",
        "<div>",
        "![",
        "[a](",
        "1. ",
        "~~",
        "\\",
    ],
)
def test_ten_thousand_of_anything_end_in_an_error_or_in_text(folder: Path, piece: str) -> None:
    for source in (piece * 10_000, "\n".join([piece] * 10_000)):
        try:
            _, message = made(folder, source, "mastodon")
        except PublishError as error:
            assert error.message
        else:
            assert message.parts


def test_the_piece_that_gives_way_uses_all_the_room(folder: Path) -> None:
    source = " ".join(f"word{n}" for n in range(1000))
    _, message = made(
        folder, source, "mastodon", "{{ post.title }}\n\n{{ post.text | fit }}\n\n{{ post.url }}"
    )
    (part,) = message.parts
    last = int(re.findall(r"word(\d+)…", part.text)[0])
    longer = part.text.replace(f"word{last}…", f"word{last} word{last + 1}…")
    assert message.rule.count(part.text) <= 500 < message.rule.count(longer)


def test_what_may_not_be_cut_and_is_too_long_is_an_error(folder: Path) -> None:
    with pytest.raises(TemplateError) as caught:
        made(folder, "Text.", "twitter", "{{ 'x' * 300 }} {{ post.text | fit }}")
    assert "280" in caught.value.message
    assert caught.value.hint


def test_an_empty_piece_leaves_no_hole(folder: Path) -> None:
    _, message = made(folder, "<!-- nothing -->", "mastodon")
    assert message.parts[0].text == "Lamp 2.0\n\nhttps://example.org/news/post/\n\n#FreeSoftware"


def test_a_section_s_template_comes_before_its_adapter_s(folder: Path) -> None:
    (folder / "templates").mkdir(exist_ok=True)
    (folder / "templates" / "mastodon-fr.txt.j2").write_text("Bonjour", "utf-8")
    (folder / "post.md").write_text("Text.", "utf-8")
    config = Config(root=folder, site=SITE)
    channel = registry.load("mastodon")(Channel("mastodon-fr", "mastodon", {}, folder))
    assert compose(read(folder / "post.md", config), channel, config, {}).parts[0].text == "Bonjour"


@pytest.mark.parametrize(
    ("facts", "settings", "expected"),
    [
        ({}, {}, (500, "default")),
        ({"max_characters": 700}, {}, (700, "instance")),
        ({"max_characters": 700}, {"max_characters": 300}, (300, "config")),
    ],
)
def test_a_limit_is_the_configured_one_else_the_instance_s_else_the_platform_s(
    folder: Path, facts: dict[str, Any], settings: dict[str, Any], expected: tuple[int, str]
) -> None:
    (folder / "templates" / "mastodon.txt.j2").unlink(missing_ok=True)
    (folder / "post.md").write_text("word " * 400, "utf-8")
    config = Config(root=folder, site=SITE)
    channel = registry.load("mastodon")(Channel("mastodon", "mastodon", settings, folder))
    message = compose(read(folder / "post.md", config), channel, config, facts)
    assert (message.rule.limit, message.rule.limit_source) == expected
    assert expected[0] - 12 < message.rule.count(message.parts[0].text) <= expected[0]


def test_only_those_whom_the_front_matter_maps_are_mentioned(tmp_path: Path) -> None:
    (tmp_path / "post.md").write_text(
        "---\ntitle: Thanks\nmentions: {'@ada': {mastodon: '@ada@example.social', twitter: '@ada_l'}}\n---\n\n"
        "Thanks to @ada and @eve!\n",
        "utf-8",
    )
    config = Config(root=tmp_path, site=SITE)
    post = read(tmp_path / "post.md", config)
    texts = {
        name: compose(post, registry.load(name)(Channel(name, name, {}, tmp_path)), config, {})
        .parts[0]
        .text
        for name in ("mastodon", "twitter")
    }
    from publisher.text.measure import entities

    spans = entities.mastodon_mentions(texts["mastodon"])
    assert [texts["mastodon"][span.start : span.end] for span in spans] == ["@ada@example.social"]
    on_x = entities.twitter_mentions(texts["twitter"])
    assert [texts["twitter"][span.start : span.end] for span in on_x] == ["@ada_l"]
    assert "eve" in texts["mastodon"]
