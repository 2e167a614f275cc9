"""A newsletter says who sends it, when and why, in its own language, and looks right where it is read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from publisher.adapter import Channel, Message
from publisher.compose.compose import compose
from publisher.compose.lost import lost
from publisher.config import Config, Site
from publisher.dates import day_in
from publisher.post.reader import read
from publisher.registry import load
from publisher.text.mail_words import _WORDS, mail_words
from tests.pages import ROOT

CANIEMAIL = (
    ROOT / ".venvs" / "generators" / "node_modules" / "caniemail" / "data" / "caniemail.json"
)
SETTINGS = {
    "sender": "Rosa <news@example.org>",
    "unsubscribe": "https://example.org/leave",
    "postal_address": "3 Mill Lane, Lampton",
}
TEXT = "The workshop opens its doors on Saturday morning and closes them in the evening."


def mail(
    folder: Path,
    text: str = TEXT,
    settings: dict[str, Any] | None = None,
    site: str = "Lantern",
    **front: Any,
) -> tuple[Message, str, str]:
    """The message, its text and its HTML as they are sent."""
    head = {"title": "News", "canonical_url": "https://example.org/x/", **front}
    lines = "\n".join(f"{key}: {json.dumps(value)}" for key, value in head.items())
    (folder / "post.md").write_text(f"---\n{lines}\n---\n\n{text}\n", "utf-8")
    config = Config(root=folder, site=Site(title=site, language="en"))
    adapter = load("email")(Channel("email", "email", settings or SETTINGS, folder))
    message = compose(read(folder / "post.md", config), adapter, config, {})
    payload = adapter.payload(message, 0)
    return message, payload["text"], payload["html"]


def words_of(html: str) -> str:
    """What is read in a browser, one space between words."""
    inside = re.sub(
        r"(?s).*<body[^>]*>|<div class=\"preview\".*?</div>|<!--.*?-->|<[^>]*>", " ", html
    )
    return " ".join(inside.split())


def test_it_begins_with_who_and_when_and_ends_with_why(tmp_path: Path) -> None:
    front: dict[str, Any] = {
        "date": "2026-03-05T10:00:00+09:00",
        "authors": ["Ada", "Grace"],
        "description": "Come and see.",
    }
    _, text, html = mail(tmp_path, **front)
    assert words_of(html) == (
        f"Lantern News March 5, 2026 · Ada, Grace Come and see. {TEXT} Read on the web "
        "Sent to the subscribers of Lantern. 3 Mill Lane, Lampton Unsubscribe"
    )
    wrapped = TEXT.replace("the evening", "the\nevening")
    assert text == (
        f"News\nMarch 5, 2026 · Ada, Grace\n\nCome and see.\n\n{wrapped}\n\n"
        "Read on the web: https://example.org/x/\n\n-- \n"
        "Sent to the subscribers of Lantern.\n3 Mill Lane, Lampton\nUnsubscribe: https://example.org/leave"
    )


def test_without_a_title_the_first_words_are_the_subject_and_not_the_day(tmp_path: Path) -> None:
    front: dict[str, Any] = {"title": "", "date": "2026-03-05", "author": "Ada"}
    (tmp_path / "post.md").write_text("", "utf-8")
    _, text, html = mail(tmp_path, **front)
    assert text.startswith("The workshop")
    assert "March 5, 2026 · Ada" in words_of(html)


@pytest.mark.parametrize(
    ("language", "day"),
    [
        ("fr", "5 mars 2026"), ("fa", "5 مارس 2026"), ("ja", "2026年3月5日"), ("pt-BR", "5 de março de 2026"),
        ("zh-Hant-TW", "2026年3月5日"), ("zh-CN", "2026年3月5日"), ("en-GB", "5 March 2026"), ("en-XY", "March 5, 2026"),
    ],
)  # fmt: skip
def test_the_day_is_written_as_its_language_writes_it(language: str, day: str) -> None:
    assert day_in(datetime(2026, 3, 5, 23, 30, tzinfo=UTC), language) == day


def test_what_is_not_known_is_not_said(tmp_path: Path) -> None:
    _, text, html = mail(tmp_path, settings={"unsubscribe": "mailto:leave@example.org"}, site="")
    assert words_of(html) == f"News {TEXT} Read on the web Unsubscribe"
    assert "None" not in text


def test_the_sender_s_name_stands_in_for_the_site_s(tmp_path: Path) -> None:
    assert words_of(mail(tmp_path, site="")[2]).startswith("Rosa News")
    plain = {**SETTINGS, "sender": "news@example.org"}
    assert words_of(mail(tmp_path, settings=plain, site="")[2]).startswith("News")


def test_a_logo_stands_in_for_the_name(tmp_path: Path) -> None:
    html = mail(tmp_path, settings={**SETTINGS, "logo": "https://example.org/logo.png"})[2]
    (logo,) = re.findall("<img [^>]*logo[^>]*>", html)
    assert 'src="https://example.org/logo.png"' in logo
    assert 'alt="Lantern"' in logo
    assert words_of(html).startswith("News")


def test_a_description_that_the_text_begins_with_is_said_once(tmp_path: Path) -> None:
    _, text, html = mail(tmp_path, description=TEXT)
    assert words_of(html).count("The workshop opens") == 1
    assert " ".join(text.split()).count("The workshop opens") == 1
    assert f">{TEXT}<" in html[: html.index("News</a>")], "an inbox shows it beside the subject"


def test_an_inbox_shows_the_lead_where_there_is_no_description(tmp_path: Path) -> None:
    html = mail(tmp_path, "## Why\n\n" + TEXT + " " + "Bring your own lamp, we have oil. " * 20)[2]
    (shown,) = re.findall(r'<div class="preview"[^>]*>(.*?)</div>', html)
    assert shown.startswith("The workshop opens")
    assert len(shown) <= 150


@pytest.mark.parametrize("language", sorted(_WORDS))
def test_the_words_are_those_of_the_post_s_language(language: str, tmp_path: Path) -> None:
    _, text, html = mail(
        tmp_path, lang=language, date="2026-03-05", text="![A lamp](https://a.example/l.png)"
    )
    words = mail_words(language)
    for said in (words.web, words.leave, words.sent.format("Lantern")):
        assert said in words_of(html)
        assert said in text
    assert f"[{words.image}{words.colon}A lamp]" in text
    assert words.sent.count("{}") == 1
    assert f'dir="{"rtl" if language in ("ar", "fa", "he") else "ltr"}"' in html
    assert "2026" in text.splitlines()[1]
    if language != "en":
        assert "March" not in text
        assert not {words.web, words.leave} & {"Read on the web", "Unsubscribe"}


@pytest.mark.parametrize(
    ("tag", "web"),
    [
        ("zh-TW", "在網頁上閱讀"), ("zh_Hant_HK", "在網頁上閱讀"), ("zh-CN", "在网页上阅读"), ("no", "Les på nettet"),
        ("pt-BR", "Ler na web"), ("iw", "לקריאה באתר"), ("eo", "Read on the web"), ("", "Read on the web"),
    ],
)  # fmt: skip
def test_a_tag_may_say_more_than_the_language(tag: str, web: str) -> None:
    assert mail_words(tag).web == web


def test_an_unknown_language_has_a_date_that_all_can_read(tmp_path: Path) -> None:
    assert mail(tmp_path, lang="x-lantern", date="2026-03-05")[1].splitlines()[1] == "2026-03-05"


def test_what_is_written_from_right_to_left_is_laid_out_so(tmp_path: Path) -> None:
    quoted = "> A lamp.\n\n| A | B |\n|---|--:|\n| 1 | 2 |"
    left, right = mail(tmp_path, quoted)[2], mail(tmp_path, quoted, lang="fa")[2]
    assert "border-left: 3px" in left
    assert "border-right: 3px" in right
    assert re.search(r'<td style="[^"]*text-align: right[^"]*">2</td>', left), "as its column says"
    assert re.search(r'<td style="[^"]*text-align: right[^"]*">1</td>', right)


def test_word_keeps_it_at_600_pixels(tmp_path: Path) -> None:
    html = mail(tmp_path)[2]
    begin, end = (
        html.index('<!--[if mso]><table role="presentation" width="600"'),
        html.rindex("</table><![endif]-->"),
    )
    assert begin < html.index("The workshop", begin) < end


def test_korean_words_are_whole(tmp_path: Path) -> None:
    assert "word-break: keep-all" in mail(tmp_path, lang="ko")[2]
    assert "word-break: keep-all" not in mail(tmp_path, lang="ja")[2]


def long_text(size: int) -> str:
    paragraph = "Every lamp has a story, and this one begins in a mill by the river. " * 5
    return f"{TEXT} {TEXT}\n\n## More\n\n" + "\n\n".join([paragraph] * (size // len(paragraph)))


def test_what_gmail_would_cut_is_a_lead_with_a_link(tmp_path: Path) -> None:
    message, text, html = mail(tmp_path, long_text(120_000))
    assert len(html.encode()) < 20_000
    assert TEXT in words_of(html)
    assert "begins in a mill" not in html + text
    assert "Read on the web: https://example.org/x/" in text
    (note,) = message.notes
    assert re.match(
        r"it would have 1\d\d kB of HTML, of which Gmail shows 102: the lead is sent", note
    )
    adapter = load("email")(Channel("email", "email", SETTINGS, tmp_path))
    post = read(tmp_path / "post.md", Config(root=tmp_path))
    (gone,) = lost(post, adapter, message)
    assert gone.kind == "characters"
    assert gone.count > 100_000


def test_what_gmail_shows_is_whole(tmp_path: Path) -> None:
    message, _, html = mail(tmp_path, long_text(60_000))
    assert message.notes == ()
    assert 60_000 < len(html.encode()) < 102_000


def test_without_an_address_a_long_mail_is_whole_and_that_is_said(tmp_path: Path) -> None:
    message, _, html = mail(tmp_path, long_text(120_000), canonical_url="")
    assert len(html.encode()) > 102_000
    assert "give the post an address" in message.notes[0]


EVERYTHING = """![A lamp](https://a.example/l.png)

> Quoted, with `code` and **strong** *words*, ~~struck~~.

- one
    1. two

| A | B |
|:-:|--:|
| 1 | 2 |

```
code
```

---

Term[^1]

[^1]: Note.
"""
FALLBACKS = {
    "border-radius": "the corners are square",
    "color-scheme": "the programs that drop it choose the colours themselves",
    "max-height": "display: none",
    "opacity": "display: none",
    "overflow": "display: none; for tables, the page has 600 px there in a table of its own",
    "overflow-wrap": "word-break: break-word",
    "word-break": "overflow-wrap: break-word",
    "white-space": "<pre>",
    "max-width": "a table of 600 px, for Word alone",
}
"""What Gmail, Outlook or Apple Mail drop, and what happens there instead: mostly what is looked for in the
mail, too."""
PARTLY = {
    "text-align": r"text-align:\s*(?:start|end)", "font-size": r"font-size:[^;]*(?:rem|%)",
    "margin": r"margin[^:;]*:[^;]*-\d",
    "font-weight": r"font-weight:\s*\d", "border": r"border[^:;]*:\s*(?:9|\d\d)px",
}  # fmt: skip
"""What they read in part: what must not be used of it."""


def properties(html: str) -> Iterator[str]:
    for style in (*re.findall(r'style="([^"]*)"', html), *re.findall(r"\{([^{}]*)\}", html)):
        yield from re.findall(r"(?:^|;)\s*([a-z-]+)\s*:", style)


@pytest.mark.skipif(not CANIEMAIL.is_file(), reason="caniemail is not there: see .ci/generators")
def test_what_a_mail_program_drops_has_a_fallback(tmp_path: Path) -> None:
    features = {each["slug"]: each for each in json.loads(CANIEMAIL.read_text("utf-8"))["data"]}
    html = mail(tmp_path, EVERYTHING, lang="fa")[2] + mail(tmp_path, EVERYTHING)[2]
    used = set(properties(html))
    assert len(used) > 20
    dropped = {
        name
        for name in used
        for client in ("gmail", "outlook", "apple-mail")
        for versions in features.get(f"css-{name}", {"stats": {}})["stats"].get(client, {}).values()
        if list(versions.values())[-1].startswith("n")
    }
    assert dropped <= set(FALLBACKS)
    for name in dropped:
        named = re.match(r"<\w+>|[\w-]+: [\w-]+(?=;|$)", FALLBACKS[name])
        assert named is None or named[0].removesuffix(">") in html, name
    assert '<!--[if mso]><table role="presentation" width="600"' in html
    for name, pattern in PARTLY.items():
        assert not re.search(pattern, html), name


def test_every_colour_has_one_for_the_dark() -> None:
    """Pictures stand on a light ground there: a transparent one may be drawn in black."""
    css = (ROOT / "templates" / "email.css").read_text("utf-8")
    light, _, dark = css.partition("@media (prefers-color-scheme: dark)")
    for selectors, style in re.findall(r"([^{}]+)\{((?:[^{}]|\{\{[^{}]*\}\})*)\}", light):
        if re.search(r"(?:^|[\s;-])color:", style) and "root" not in selectors:
            for selector in re.sub(r"(?s)/\*.*?\*/", "", selectors).split(","):
                assert selector.strip() in f"{dark} .button td", selector  # white on blue, in both
    assert re.search(r"\bimg \{ background-color: #f", dark)
