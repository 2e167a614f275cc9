"""What other readers of Markdown understand is nothing that a reader of the post sees."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from publisher import registry
from publisher.adapter import Channel
from publisher.compose.compose import compose
from publisher.compose.post_view import PostView
from publisher.config import Config, Site
from publisher.errors import PostError
from publisher.markdown.dialects import as_commonmark
from publisher.post.reader import read

SITE = Site(base_url="https://example.org/", permalink="/{slug}/", values={"lamp.tag": "v3"})


def view(folder: Path, source: str, adapter: str = "mastodon", language: str = "en") -> PostView:
    (folder / "post.md").write_text(f"---\nlang: {language}\n---\n\n{source}\n", "utf-8")
    config = Config(root=folder, site=SITE)
    channel = registry.load(adapter)(Channel(adapter, adapter, {}, folder))
    return PostView(read(folder / "post.md", config), channel, channel.rule({}, {}))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        # kramdown, Pandoc, Python-Markdown
        ("## Lamp {#lamp .big}\n\nWarm.", "Lamp\n\nWarm."),
        ("Lamp {#lamp}\n----\n\nWarm.", "Lamp\n\nWarm."),
        ("- warm {: .w }\n- {:.l} light", "• warm\n• light"),
        ("A `lamp`{:.sh} and *one*{: #x}.", "A lamp and one."),
        ("A [lamp](https://a.example/b){:target=\"_blank\"\nrel=x} is out.", "A lamp (https://a.example/b) is out."),
        ("> Light.\n{: .big}", "“Light.”"),
        ("A lamp.\n{: .wide\n   #one}\n\nTwo.", "A lamp.\n\nTwo."),
        ("One.{::comment}ask Ada{:/comment} Two.", "One. Two."),
        ("{::comment}\nask Ada\n{:/comment}\n\nTwo.", "Two."),
        ("1. Contents\n{:toc}\n\nTwo.", "Two."),
        ("[TOC]\n\nTwo.", "Two."),
        ("[[_TOC_]]\n\nTwo.", "Two."),
        ("![A lamp](lamp.png =20x30) x", "A lamp x"),
        # Obsidian
        ("![A lamp|200](lamp.png) x", "A lamp x"),
        ("See [[lamps/Old lamp#wick|it]], [[lamps/Old lamp]].", "See it, Old lamp."),
        ("One %%not this%% two.", "One two."),
        ("%%\nnot this\n%%\n\nTwo.", "Two."),
        ("It is ==very warm== here; a == b.", "It is very warm here; a == b."),
        ("It is 50%% and 60%% of it.", "It is 50%% and 60%% of it."),
        # MDX, Quarto
        ("import A from './a'\nimport {B} from \"b\";\n\nOne {/* two */}three.", "One three."),
        ("export const a = 1\n\nOne.", "One."),
        ("import the lamps from abroad", "import the lamps from abroad"),
        # Beside HTML
        ("One.\n\n<!--more-->**Two**.", "One.\n\nTwo."),
        ("<br>\nOne *two*.\n<br/>\nThree.", "One two.\n\nThree."),
        ('<a href="https://a.example/b"><button>Get it</button></a>', "Get it (https://a.example/b)"),
        ("<button>Copy</button>\n\nOne.", "One."),
        # What is defined elsewhere
        ("A [lamp][], [one][two], [three][3].\n\n[3]: https://a.example/b",
         "A lamp, one, three (https://a.example/b)."),
        ("a[0][1] is it.", "a[0][1] is it."),
        ("Yours\n~ Ada", "Yours ~ Ada"),
        # Addresses
        ("[https://a.example/x] “https://a.example/y”", "[https://a.example/x] “https://a.example/y ”"),
        ("At https://пример.example/путь now", "At https://пример.example/%D0%BF%D1%83%D1%82%D1%8C now"),
        ("詳しくはhttps://例え.jp/a を、https://例え.jpも", "詳しくは https://例え.jp/a を、 https://例え.jp も"),
        ("見よhttps://a.exampleを", "見よ https://a.example を"),
        ("[www.a.example](http://www.a.example/)", "http://www.a.example"),
        # Emoji
        ("Out :rocket: at 10:30:20, `:rocket:`", "Out 🚀 at 10:30:20, :rocket:"),
    ],
)  # fmt: skip
def test_a_reader_sees_what_was_meant(source: str, said: str, tmp_path: Path) -> None:
    assert view(tmp_path, source).text == said


@pytest.mark.parametrize(
    "formula",
    [
        "$a*b$ and $c*d$",
        "$x_{{ij}}$",
        r"$\frac{{a}}{{b}}$",
        r"\(a_1 * b_1 * c\)",
        r"\[x^{2} \\ y\]",
        "$$\n\\int_0^1 f(x)\\,dx \\\\\na < b\n$$",
    ],
)
def test_mathematics_stays_as_it_is(formula: str, tmp_path: Path) -> None:
    assert view(tmp_path, f"So {formula}").text == f"So {formula}"
    html = view(tmp_path, f"So {formula}", "email").html
    assert "<em>" not in html


@pytest.mark.parametrize(
    "text", ["It costs $5 and *not* 6$.", "Set $HOME or $PATH.", r"A \[lamp\] and \(one\)."]
)
def test_money_and_brackets_are_no_mathematics(text: str, tmp_path: Path) -> None:
    said = view(tmp_path, text).text
    assert said == text.replace("*", "").replace("\\", "")


@pytest.mark.parametrize(
    "code",
    [
        "```\n{code}\n```",
        "~~~\n{code}\n~~~",
        "    {code}",
        "- one\n\n      {code}",
        "<pre>{code}</pre>",
        "So: `{code}`",
    ],
)
@pytest.mark.parametrize(
    "shown",
    [
        "{{ lamp.size }}",
        "${{ secrets.LAMP }}",
        "{: .wide}",
        "[[lamp]]",
        "==lamp==",
        "$a*b$",
        ":::x",
    ],
)
def test_code_of_any_form_keeps_what_it_shows(code: str, shown: str, tmp_path: Path) -> None:
    assert shown in view(tmp_path, code.replace("{code}", shown)).text


BOXES = [
    "> [!WARNING]\n> Mind the wick.",
    "> [!warning]-\n> Mind the wick.",
    ":::warning\nMind the wick.\n:::",
    "::: warning\nMind the wick.\n:::",
    "::: {.callout-warning}\nMind the wick.\n:::",
    "::warning\nMind the wick.\n::",
    '::warning{icon="x"}\nMind the wick.\n::',
    "!!! warning\n    Mind the wick.",
    "??? warning\n    Mind the wick.",
    '???+ warning ""\n\n    Mind the wick.',
]
TITLED = [
    "> [!WARNING] Hot\n> Mind the wick.",
    "> [!warning]+ Hot\n> Mind the wick.",
    ":::warning[Hot]\nMind the wick.\n:::",
    '::::warning{title="Hot"}\nMind the wick.\n::::',
    "::: warning Hot\nMind the wick.\n:::",
    '::: {.callout-warning title="Hot"}\nMind the wick.\n:::',
    '!!! warning "Hot"\n    Mind the wick.',
]


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize(
    ("language", "word"),
    [
        ("en", "Warning:"),
        ("fr-CA", "Avertissement\u00a0:"),
        ("zh-Hant", "警告："),
        ("fa", "هشدار:"),
    ],
)
def test_a_box_says_what_it_is(box: str, language: str, word: str, tmp_path: Path) -> None:
    assert view(tmp_path, box, "mastodon", language).text == f"{word} Mind the wick."
    assert view(tmp_path, box, "discord", language).text == f"> **{word}** Mind the wick."
    assert view(tmp_path, box, "email", language).text == f"> {word} Mind the wick."
    assert f"<strong>{word}</strong> Mind the wick." in view(tmp_path, box, "email", language).html


@pytest.mark.parametrize("box", TITLED)
def test_a_box_s_title_stands_on_its_first_line(box: str, tmp_path: Path) -> None:
    assert view(tmp_path, box).text == "Warning: Hot\nMind the wick."
    assert view(tmp_path, box, "email").text == "> Warning: Hot\n> Mind the wick."


def test_a_box_may_hold_lists_boxes_and_code(tmp_path: Path) -> None:
    source = (
        "!!! tip\n\n    One:\n\n    - two\n    - three\n\n    ```\n    !!! four\n    ```\n\nFive."
    )
    assert view(tmp_path, source).text == "Tip: One:\n\n• two\n• three\n\n!!! four\n\nFive."
    nested = ":::: note\nOne.\n\n::: tip\nTwo.\n:::\n\nThree.\n::::\n\nFour."
    assert view(tmp_path, nested).text == "Note: One.\n\nTip: Two.\n\nThree.\n\nFour."


def test_a_container_that_is_no_box_is_what_it_holds(tmp_path: Path) -> None:
    assert view(tmp_path, "::: code-group\nOne.\n:::\n\nTwo.").text == "One.\n\nTwo."
    assert view(tmp_path, "std::vector\n:: is C++").text == "std::vector :: is C++"


def test_no_line_moves() -> None:
    source = (
        "!!! note\n    One.\n\n::: tip\nTwo\n:::\n{: .x\n.y}\n{::comment}\n\n{:/comment}\nThree"
    )
    assert as_commonmark(source).count("\n") == source.count("\n")


@pytest.mark.parametrize(
    "seen",
    [
        "It is {{ version }} now.",
        "[Notes](https://a.example/{{ page.tag }}/n)",
        "- {{ a.b | url }}",
    ],
)
def test_a_place_that_nothing_fills_in_is_an_error_where_it_is_seen(
    seen: str, tmp_path: Path
) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "mastodon.txt.j2").write_text("{{ post.text }}", "utf-8")
    (tmp_path / "post.md").write_text(f"---\ntitle: A\n---\n\n{seen}\n", "utf-8")
    config = Config(root=tmp_path, path=tmp_path / "publish.toml", site=SITE)
    channel = registry.load("mastodon")(Channel("mastodon", "mastodon", {}, tmp_path))
    with pytest.raises(PostError) as caught:
        compose(read(tmp_path / "post.md", config), channel, config, {})
    assert caught.value.line == 5
    assert "{mastodon: {text: …}}" in caught.value.hint
    assert "[site.values]" in caught.value.hint


def test_a_value_of_the_site_fills_in_its_place(tmp_path: Path) -> None:
    assert view(tmp_path, "It is {{ lamp.tag }}.").text == "It is v3."


@pytest.mark.parametrize("text", ["${{ github.sha }}", "{{ .Title }}", "{{#each lamps}}"])
def test_what_no_generator_fills_in_is_text(text: str, tmp_path: Path) -> None:
    assert view(tmp_path, f"Set {text} there.").text == f"Set {text} there."


@pytest.mark.parametrize(
    "code",
    ["```\nnpm install @lamp/wick\n```", "`@lamp/wick`", "    @lamp.light\n    def on(): ..."],
)
def test_code_is_shown_as_it_is_or_not_at_all(code: str, tmp_path: Path) -> None:
    for adapter in ("mastodon", "twitter"):
        assert view(tmp_path, f"Try it:\n\n{code}", adapter).text == "Try it:\n\n[…]"
    for adapter in ("discord", "email"):
        text = view(tmp_path, f"Try it:\n\n{code}", adapter).text
        assert "@lamp" in text
        assert "\u200b" not in text


def test_what_x_calls_invalid_is_no_text(tmp_path: Path) -> None:
    assert view(tmp_path, "One\ufeff word\uffff.", "twitter").text == "One word."


@pytest.mark.parametrize("language", ["ko", "ja", "zh", "th"])
def test_no_word_after_an_address_is_taken_for_a_part_of_it(language: str, tmp_path: Path) -> None:
    from publisher.text.measure.entities import mastodon_urls

    words = {"ko": "가 있습니다.", "ja": "があります。", "zh": "有。", "th": "มี"}[language]
    text = view(tmp_path, f"[X](https://example.org/c?id=1){words}", "mastodon", language).text
    found = mastodon_urls(text)
    assert [text[span.start : span.end] for span in found] == ["https://example.org/c?id=1"]


def test_a_thread_ends_its_parts_with_a_line_of_code(tmp_path: Path) -> None:
    lines = [f"line {n}: value = compute({n}) # of the lamp" for n in range(60)]
    message = thread(tmp_path, "```\n" + "\n".join(lines) + "\n```")
    assert len(message) > 2
    for part in message:
        code = [line for line in part.split("\n") if line.startswith(("line", "value"))]
        assert code
        assert set(code) <= set(lines)


def test_a_thread_says_its_address_once(tmp_path: Path) -> None:
    parts = thread(tmp_path, "\n\n".join(f"Paragraph {n} of the lamp. " * 8 for n in range(20)))
    assert json.dumps(parts).count("https://example.org/post/") == 1


def thread(folder: Path, source: str, **settings: Any) -> list[str]:
    (folder / "templates").mkdir()
    template = '{{ post.title }}\n\n{{ post.text | thread(number="{n}/{total}", parts=6) }}\n\n{{ post.url }}'
    (folder / "templates" / "mastodon.txt.j2").write_text(template, "utf-8")
    (folder / "post.md").write_text(f"---\ntitle: A\n---\n\n{source}\n", "utf-8")
    config = Config(root=folder, path=folder / "publish.toml", site=SITE)
    channel = registry.load("mastodon")(Channel("mastodon", "mastodon", settings, folder))
    message = compose(read(folder / "post.md", config), channel, config, {})
    return [part.text for part in message.parts]
