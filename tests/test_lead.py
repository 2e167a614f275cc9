"""What a teaser says of a post: what a person would quote of it, and nothing that begs for more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from publisher import registry
from publisher.adapter import Channel
from publisher.compose.compose import compose
from publisher.config import Config, Site
from publisher.markdown.to_html import to_html
from publisher.post.reader import read
from publisher.text import tree
from publisher.text.lead import lead
from publisher.text.render.plain import plain

SITE = Site(base_url="https://example.org/", permalink="/{slug}/", title="The Lamp")
LONG = "The workshop opens its doors on Saturday morning and closes them in the evening. " * 3


def lead_of(markdown: str, title: str = "", language: str = "en") -> str:
    return str(plain(lead(tree.parse(to_html(markdown)), title, language), language=language))


def shown(folder: Path, source: str, adapter: str = "mastodon", **front: Any) -> str:
    head = "\n".join(f"{key}: {value}" for key, value in ({"title": "News"} | front).items())
    (folder / "post.md").write_text(f"---\n{head}\n---\n\n{source}\n", "utf-8")
    config = Config(root=folder, site=SITE)
    channel = registry.load(adapter)(Channel(adapter, adapter, {}, folder))
    return compose(read(folder / "post.md", config), channel, config, {}).parts[0].text


@pytest.mark.parametrize(
    ("markdown", "said"),
    [
        ("One.\n\n## Two\n\n" + LONG, f"One.\n\n{LONG.strip()}"),
        ("## Why\n\nBecause it is late.", "Because it is late."),
        ("**Why?**\n\nBecause it is late.", "Why?\n\nBecause it is late."),
        ("**Why now**\n\nBecause it is late.", "Because it is late."),
        (f"{LONG}\n\n---\n\nMore.", LONG.strip()),
        (f"{LONG}\n\n| a |\n|---|\n| 1 |\n\nMore.", LONG.strip()),
        (f"{LONG}\n\n```\ncode\n```\n\nMore.", LONG.strip()),
        (f"{LONG} This is how:\n\n```\ncode\n```", LONG.strip()),
        ("Look here:\n\n![a lamp](lamp.png)\n\nIt is warm.", "It is warm."),
        ("It is out. Read on:\n\n- one", "It is out."),
        ("The [lamp](https://other.example/) is warm.", "The lamp is warm."),
        ("It is out. Get it at https://other.example/get now. Enjoy!", "It is out. Enjoy!"),
        ("It is out (https://other.example/get). Enjoy!", "It is out. Enjoy!"),
        ("Um link: https://other.example/\n\nEstá pronto.", "Está pronto."),
        ("It is out. Get it [here](https://other.example/)!", "It is out."),
        ("Wyszła. Pobierz [tutaj](https://other.example/). Miłego!", "Wyszła. Miłego!"),
        ("出ました。[こちら](https://other.example/)からどうぞ。", "出ました。"),
        ("Il dit « Oui. Voyez https://a.example/x bien. » hier. Voilà.", "Voilà."),
        ("It is out (see [here](https://a.example/x)). Enjoy!", "It is out. Enjoy!"),
        ("พบกันวันเสาร์ ดูที่ https://a.example/x ขอบคุณทุกคน", "พบกันวันเสาร์ ขอบคุณทุกคน"),
        ("![](a.png)\n\n<!--more-->\n\nIt is out.", "It is out."),
        ("A claim.[^1] And more.\n\n[^1]: The source.", "A claim. And more."),
        ("- [Why](#why)\n- [How](#how)\n\nBecause it is late.", "Because it is late."),
        ("*Written by Ada on a train.*\n\nIt is out.", "It is out."),
        ("> **Note:** closed in May.\n\nIt is out.", "It is out."),
        ("> **Note:** closed in May.", "Note: closed in May."),
        ("- one\n- two\n  - deeper", "• one\n• two"),
    ],
)
def test_the_lead_is_what_a_person_would_quote(markdown: str, said: str) -> None:
    assert lead_of(markdown) == said


def test_the_lead_ends_where_the_author_says_so() -> None:
    assert lead_of("One.\n\n<!--more-->\n\nTwo.") == "One."


def test_the_lead_ends_where_jekyll_is_told_that_it_does(tmp_path: Path) -> None:
    text = shown(tmp_path, "One.\n\n<!--end-->\n\nTwo.", excerpt_separator="<!--end-->")
    assert text == "News\n\nOne.\n\nhttps://example.org/post/"


def test_the_lead_does_not_begin_with_the_title() -> None:
    assert lead_of("The lamp is out!\n\nIt is warm.", "The lamp is out") == "It is warm."
    assert lead_of("The *lamp* is out. It is warm.", "The lamp is out!") == "It is warm."
    assert lead_of("The lamp is out of oil.", "The lamp is out") == "The lamp is out of oil."


@pytest.mark.parametrize(
    ("sentences", "language"),
    [
        ("今日、新しい版を公開しました。" * 40, "ja"),
        ("اليوم نطلق الإصدار الجديد من المصباح. " * 20, "ar"),
        ("Сегодня мы выпускаем новую лампу для мастерской. " * 20, "ru"),
        ("आज हम नया दीपक जारी कर रहे हैं। " * 20, "hi"),
        ("Η νέα λάμπα κυκλοφορεί σήμερα για όλους. " * 20, "el"),
        ("Dziś wydajemy nową lampę dla wszystkich warsztatów. " * 20, "pl"),
        ("Hôm nay chúng tôi phát hành chiếc đèn mới. " * 20, "vi"),
    ],
)
@pytest.mark.parametrize("adapter", ["mastodon", "twitter", "discord"])
def test_a_cut_at_a_sentence_needs_no_sign(
    sentences: str, language: str, adapter: str, tmp_path: Path
) -> None:
    text = shown(tmp_path, sentences, adapter, lang=language)
    body = text.removeprefix("News").removesuffix("https://example.org/post/").strip()
    assert body
    assert "…" not in body
    assert sentences.startswith(body)
    assert sentences[len(body) :].strip().startswith(sentences[:5].strip())


@pytest.mark.parametrize(
    "tail",
    [
        "She said “" + "the lamp is warm. And it is light. " * 20 + "”",
        "Elle dit « " + "la lampe est chaude. Elle est claire. " * 20 + "»",
        "Er sagt „" + "die Lampe ist warm. Sie ist hell. " * 20 + "“",
        "It has (" + "a wick. And a shade. " * 30 + ")",
        "It brings:\n\n- " + "a wick that is long " * 30 + "\n- a shade\n- a stand",
        "It brings:\n\n- a long wick\n- " + "a shade that is warm " * 30,
        "**This is what the new lamp brings to everybody who reads at night:**\n\n- "
        + "a wick that is long " * 30
        + "\n- a shade",
        "> " + "They wrote us a letter. " * 20,
        "`" + "lamp --wick --shade " * 30 + "`",
    ],
)
@pytest.mark.parametrize("adapter", ["mastodon", "twitter", "discord"])
def test_a_cut_never_ends_in_a_quotation_a_list_s_first_item_or_code(
    tail: str, adapter: str, tmp_path: Path
) -> None:
    text = shown(tmp_path, f"The lamp is out. It was a long winter for us.\n\n{tail}", adapter)
    body = text.removeprefix("News").removesuffix("https://example.org/post/").strip()
    assert body == "The lamp is out. It was a long winter for us."


@pytest.mark.parametrize("adapter", ["mastodon", "twitter"])
def test_the_post_s_own_address_is_the_only_one(adapter: str, tmp_path: Path) -> None:
    source = "See <https://a.example/> and [b](https://b.example/). " + LONG
    text = shown(tmp_path, source, adapter, description='"[c](https://c.example/) is out"')
    assert text.count("https://") == 1
    assert "c is out" in text


@pytest.mark.parametrize(
    ("front", "begins"),
    [
        ({"description": "A warm light."}, "A warm light.\n\nThe workshop opens"),
        ({"description": "The workshop opens its doors"}, "The workshop opens its doors on Sat"),
        ({"description": "News!"}, "The workshop opens"),
        ({"teaser": "A warm light."}, "A warm light.\n\nThe workshop opens"),
        ({"subtitle": "A warm light."}, "A warm light.\n\nThe workshop opens"),
        ({"preview": "lamp.png"}, "The workshop opens"),
        ({}, "The workshop opens"),
    ],
)
def test_a_thin_description_is_followed_by_the_lead(
    front: dict[str, str], begins: str, tmp_path: Path
) -> None:
    assert shown(tmp_path, LONG, **front).startswith(f"News\n\n{begins}")


def test_a_description_that_a_blog_has_cut_ends_with_its_last_sentence(tmp_path: Path) -> None:
    title = "The workshop opens its doors once more"
    cut = "We mend lamps on Saturday, and whoever comes may bring one. The kettle is on from nine, and"
    cut += (
        " there is cake for all those who have brought nothing but their hands and a little of th"
    )
    text = shown(tmp_path, LONG, title=title, description=f'"{title} {cut}"')
    assert text.startswith(
        f"{title}\n\nWe mend lamps on Saturday, and whoever comes may bring one."
    )
    assert "The kettle" not in text
    assert text.count(title) == 1


def test_a_description_that_says_enough_stands_alone(tmp_path: Path) -> None:
    described = "The lamp has a longer wick and a warmer shade, " * 2 + "and it stands by itself."
    text = shown(tmp_path, LONG, description=described)
    assert text == f"News\n\n{described}\n\nhttps://example.org/post/"


def test_a_teaser_does_not_end_with_a_question_that_the_text_answers(tmp_path: Path) -> None:
    asked = LONG[:162] + "Is it late? " + "No, it is early and the kettle is on, " * 20
    text = shown(tmp_path, asked, "twitter").removesuffix("https://example.org/post/").strip()
    assert text.endswith("in the evening.")
    only = "Who will pick the next tomato on the roof? " + "It may be you and it may be me, " * 20
    text = shown(tmp_path, only, "twitter").removesuffix("https://example.org/post/").strip()
    assert text.endswith("on the roof?")


def test_discord_shows_a_description_as_it_is_written(tmp_path: Path) -> None:
    text = shown(tmp_path, LONG, "discord", description='"`__init__` and ||more|| of it"')
    assert text.startswith(r"\_\_init\_\_ and \|\|more\|\| of it")


def test_discord_has_the_address_where_there_is_no_title(tmp_path: Path) -> None:
    assert shown(tmp_path, LONG, "discord", title='""').endswith("\n\nhttps://example.org/post/")


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("5.0.0", "The Lamp 5.0.0"),
        ("v2.1-rc.1", "The Lamp v2.1-rc.1"),
        ("Version 5", "The Lamp Version 5"),
        ("Lamp 5.0.0", "Lamp 5.0.0"),
        ("Light &amp; shade", "Light & shade"),
        ("The `lamp` is **out**", "The lamp is out"),
        ("On `**kwargs` and __init__", "On **kwargs and __init__"),
        ("It is <em>out</em> :tada:", "It is out 🎉"),
        ("Using <template> at 10:30:15", "Using <template> at 10:30:15"),
        ("[Lamp](https://lamp.example/) 2 * 3 * 4", "Lamp 2 * 3 * 4"),
    ],
)
def test_a_title_is_words(written: str, read_as: str, tmp_path: Path) -> None:
    text = shown(tmp_path, LONG, title=f"'{written}'")
    assert text.startswith(f"{read_as}\n")


@pytest.mark.parametrize(
    ("front", "tags"),
    [
        ({"tags": "[a, b, c, d, e]"}, "#a #b #c #d"),
        ({"tags": "['C++', '2024', linux]"}, "#linux"),
        ({"tags": "[posts, css]"}, "#css"),
        ({"categories": "[lamps]"}, "#lamps"),
        ({"tags": "[yes, no]"}, "#yes #no"),
    ],
)
def test_hashtags_are_few_and_what_the_author_wrote(
    front: dict[str, str], tags: str, tmp_path: Path
) -> None:
    assert shown(tmp_path, LONG, **front).rsplit("\n", 1)[-1] == tags
