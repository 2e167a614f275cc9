"""The tags of Hugo, Jekyll, Zola and Hexo never reach a reader: they are said in Markdown, or left
out and noted."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.markdown.shortcodes import HOLE, expand
from publisher.markdown.to_html import to_html


def said(source: str) -> str:
    text, notes = expand(source)
    assert notes == ()
    return text


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ('{{< figure src="/a.png" alt="Une affiche" >}}', '<img alt="Une affiche" src="/a.png" />'),
        (
            '{{% img src=/a.png caption="Au *salon*" %}}',
            '<img alt="" src="/a.png" /><br>Au <em>salon</em>',
        ),
        (
            '{{< figure src="a b.png" alt="x" link="/a.pdf" >}}',
            '<a href="/a.pdf"><img alt="x" src="a%20b.png" /></a>',
        ),
        ('{{<\n  figure\n  src="/a.png"\n  alt="x"\n>}}', '<img alt="x" src="/a.png" />'),
        (
            '{% include figure image_path="/a.png" alt="x" caption="y" %}',
            '<img alt="x" src="/a.png" /><br>y',
        ),
        ("{% asset_img a.png 一张图 %}", '<img alt="一张图" src="a.png" />'),
        ('{% img left /a/b.png 100 200 "T t" %}', '<img alt="T t" src="/a/b.png" />'),
    ],
)
def test_a_figure_becomes_an_image_with_its_alternative_text_and_caption(
    source: str, html: str
) -> None:
    assert to_html(said(source)) == f"<p>{html}</p>"


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("{{< youtube w7Ft2ymGmfc >}}", "https://www.youtube.com/watch?v=w7Ft2ymGmfc"),
        ('{{% youtube id="w7Ft2ymGmfc" %}}', "https://www.youtube.com/watch?v=w7Ft2ymGmfc"),
        (
            '{{ youtube(id="w7Ft2ymGmfc", autoplay=true) }}',
            "https://www.youtube.com/watch?v=w7Ft2ymGmfc",
        ),
        ("{% youtube https://youtu.be/w7Ft2ymGmfc %}", "https://youtu.be/w7Ft2ymGmfc"),
        (
            '{% include youtube.html id="w7Ft2ymGmfc" %}',
            "https://www.youtube.com/watch?v=w7Ft2ymGmfc",
        ),
        ("{{< vimeo 146022717 >}}", "https://vimeo.com/146022717"),
        (
            '{{< x user="collective" id="1453110110599868418" >}}',
            "https://x.com/collective/status/1453110110599868418",
        ),
        ("{{< tweet 1453110110599868418 >}}", "https://x.com/i/status/1453110110599868418"),
        ("{% twitter https://twitter.com/a/status/1 %}", "https://twitter.com/a/status/1"),
        (
            "{{< gist ada 50a7482715eac222e230d1e64dd9a89b >}}",
            "https://gist.github.com/ada/50a7482715eac222e230d1e64dd9a89b",
        ),
        ("{% gist ada/1234 %}", "https://gist.github.com/ada/1234"),
    ],
)
def test_what_is_embedded_from_elsewhere_becomes_its_address(source: str, address: str) -> None:
    assert to_html(said(source)) == f'<p><a href="{address}">{address}</a></p>'


def test_a_video_with_a_title_is_linked_by_it() -> None:
    assert (
        said('{{< youtube id="a" title="Le [film]" >}}')
        == r"[Le \[film\]](<https://www.youtube.com/watch?v=a>)"
    )


@pytest.mark.parametrize(
    "tag",
    [
        '{{< ref "post.md" >}}',
        "{{% relref post.md %}}",
        "{% link post.md %}",
        "{% post_url post %}",
        '{{ get_url(path="post.md") }}',
    ],
)
def test_a_reference_to_a_post_becomes_its_address(tag: str) -> None:
    addresses = {"post.md": "https://example.org/news/post/"}
    assert expand(f"[lire]({tag})", addresses.get) == ("[lire](https://example.org/news/post/)", ())


def test_a_reference_that_nobody_knows_stays_as_written() -> None:
    assert said('[x]({{< ref "/publications/y" >}})') == "[x](/publications/y)"
    assert expand("{% post_url 2024-01-01-x %}") == (
        "",
        ("left out: {% post_url 2024-01-01-x %} on line 1",),
    )


def test_a_link_to_a_post_of_hexo_has_its_title() -> None:
    assert expand('{% post_link a "Une annonce" %}', {"a": "/a/"}.get)[0] == "[Une annonce](</a/>)"
    assert expand('{% post_link a "Une annonce" %}')[0] == "Une annonce"


@pytest.mark.parametrize(
    "source",
    [
        "{% highlight ruby linenos %}\nputs {{ 1 }}\n{% endhighlight %}",
        '{{< highlight ruby "linenos=true" >}}\nputs {{ 1 }}\n{{< /highlight >}}',
        "{% codeblock lang:ruby wrap:false %}\nputs {{ 1 }}\n{% endcodeblock %}",
    ],
)
def test_highlighted_code_becomes_a_fence(source: str) -> None:
    assert said(f"Voici :\n{source}\nVoilà") == "Voici :\n```ruby\nputs {{ 1 }}\n```\nVoilà"


def test_a_fence_is_longer_than_those_in_its_code() -> None:
    assert (
        said("{% highlight md %}\n```\na\n```\n{% endhighlight %}") == "````md\n```\na\n```\n````"
    )


def test_a_quotation_keeps_its_author() -> None:
    quoted = to_html(
        said("{% blockquote Ada, Notes %}\nUn *texte*\n{% endblockquote %}\nSuite")
    ).replace("\n", "")
    assert quoted == "<blockquote><p>Un <em>texte</em><br>— Ada, Notes</p></blockquote><p>Suite</p>"


def test_what_is_raw_is_shown_as_it_is() -> None:
    assert (
        said("{% raw %}{{ name }}{% endraw %} and {{</* figure */>}}")
        == "{{ name }} and {{< figure >}}"
    )


@pytest.mark.parametrize(
    "code",
    [
        "`{{< a >}}`",
        "``{% a %} ` ``",
        "```\n{{ a }}\n```",
        "~~~html\n{% if a %}\n~~~",
        "- a\n\n  ```\n  {{< b >}}\n  ```",
    ],
)
def test_nothing_is_expanded_in_code(code: str) -> None:
    assert said(code) == code


def test_a_backtick_that_is_escaped_or_alone_opens_no_code() -> None:
    assert expand(r"\`{{ a }}`")[0] == f"\\`{HOLE[0]}1{HOLE[1]}`"
    assert expand("a ` b\n\n{{ a }} `")[0] == f"a ` b\n\n{HOLE[0]}3{HOLE[1]} `"


def test_what_is_unknown_is_left_out_with_its_line_and_what_it_holds_is_kept() -> None:
    source = 'One\n\n{{< notice "info" >}}\nTwo **words**\n{{< /notice >}}\n\n{% if x %}Three{% endif %} {{ page.title }}'
    text, notes = expand(source, first_line=10)
    assert notes == (
        'left out: {{< notice "info" >}} on line 12',
        "left out: {% if x %} on line 16",
    )
    assert text.split() == ["One", "Two", "**words**", "Three", f"{HOLE[0]}16{HOLE[1]}"]


def test_lines_keep_their_numbers() -> None:
    source = "{{< a\n  b\n>}}\n{% comment %}\nx\n{% endcomment %}\n{{< figure\n src=a.png\n>}}\nEnd"
    assert expand(source)[0].split("\n").index("End") == source.split("\n").index("End")


def test_attributes_for_the_site_are_left_out() -> None:
    assert (
        said('## Titre {#titre}\n[a](b){:target="_blank"}\n{: .lead}\nfin {pas: ça}')
        == "## Titre\n[a](b)\n\nfin {pas: ça}"
    )


def test_the_address_of_the_site_itself_is_left_to_the_resolving_of_links() -> None:
    assert (
        said("[a]({{ site.baseurl }}/b) ![]({{ '/c.png' | relative_url }})")
        == "[a](/b) ![](/c.png)"
    )


def test_notes_say_what_was_left_out_on_one_clean_line() -> None:
    (note,) = expand("{{< a\n\x1b[31m " + "long " * 100 + ">}}")[1]
    assert note.isprintable()
    assert len(note) < 100


TAGS = [
    "{{< a >}}",
    "{{% b c='d' %}}",
    "{{< /a >}}",
    "{% e %}",
    "{%- ende -%}",
    "{{ f }}",
    "{{ g(h=1) }}",
    "{{</i>}}",
]
PIECES = [
    "{{<",
    ">}}",
    "{{%",
    "%}}",
    "{%",
    "%}",
    "{{",
    "}}",
    "`",
    "```\n",
    "\n",
    "a",
    ' "',
    "raw",
    "{% raw %}",
    "{:.x}",
]


@given(st.lists(st.sampled_from([*TAGS, "text", " ", "\n", "- ", "> "]), max_size=30).map("".join))
def test_no_tag_reaches_a_reader(source: str) -> None:
    text, notes = expand(source)
    if source.count("    ") or source.count("\t"):
        return  # what is indented may be code
    assert not re.search(r"\{\{|\}\}|\{%|%\}", text)
    assert text.count("text") == source.count("text")
    assert len(notes) == sum(
        source.count(tag) for tag in TAGS if not re.match(r"\{\{< ?/|\{%- end|\{\{ f", tag)
    )


@given(st.lists(st.sampled_from([*TAGS, *PIECES]), max_size=40).map("".join))
def test_broken_tags_break_nothing(source: str) -> None:
    assert expand(source) == expand(source)


@given(st.text(alphabet="ab `~\n*[](){}%<>.é中", max_size=80))
def test_text_without_tags_is_left_alone(source: str) -> None:
    if not re.search(r"\{\{|\{%|\{[:#.]", source):
        assert expand(source) == (source, ())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (":::intro\nBring a chair.\n:::", "Bring a chair."),
        ("::: tip\nBring a chair.\n:::", "Bring a chair."),
        ("::: tip Before you come\nBring a chair.\n:::", "**Before you come**\n\nBring a chair."),
        (":::note[Before you come]\nBring a chair.\n:::", "**Before you come**\n\nBring a chair."),
        ("```\n::: tip\n```", "```\n::: tip\n```"),
        ("a ::: b", "a ::: b"),
    ],
)
def test_a_box_is_what_it_contains(source: str, expected: str) -> None:
    text, notes = expand(source)
    assert text.strip() == expected
    assert notes == ()
