"""A link to another post leads to the page that the site really makes of it; where that isn't known,
its words stay, without a link, and the run says so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from publisher import config as configuration
from publisher.post.post import Post
from publisher.post.reader import read
from publisher.text.lead import lead
from publisher.text.tree import text_of
from tests.picture_files import halves, saved

HUGO = {"hugo.toml": 'baseURL = "https://ada.example/"\n[permalinks]\nposts = "/:year/:slug/"\n'}
JEKYLL = {"_config.yml": "url: https://ada.example\n"}
HEXO = {
    "_config.yml": "url: https://ada.example\nsource_dir: source\n",
    "package.json": '{"hexo": {}}',
}
ZOLA = {"config.toml": 'base_url = "https://ada.example"\n'}
MKDOCS = {"mkdocs.yml": "site_name: Ada\nsite_url: https://ada.example/\n"}
PELICAN = {"pelicanconf.py": "SITEURL = 'https://ada.example'\nPATH = 'content'\n"}
NIKOLA = {
    "conf.py": "SITE_URL = 'https://ada.example/'\nPOSTS = (('posts/*.md', 'posts', 'post.tmpl'),)\n"
}
OTHER = "---\ntitle: The Other\ndate: 2026-01-02\n---\nText.\n"


def read_with(
    folder: Path, site: dict[str, str], other: str, own: str, text: str, head: str = ""
) -> Post:
    """The post `own` of a site that has another one, at `other`."""
    files = {**site, other: OTHER, own: f"---\ntitle: Own\ndate: 2026-03-05\n{head}---\n{text}\n"}
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, "utf-8")
    (folder / "publish.toml").write_text("", "utf-8")
    return read(folder / own, configuration.of_run(None, (folder / own).parent))


def links(post: Post) -> list[str]:
    return [each.attrs["href"] for each in post.body.walk() if each.attrs.get("href")]


@pytest.mark.parametrize(
    ("site", "other", "own", "text", "address"),
    [
        (HUGO, "content/posts/x.md", "content/posts/own.md",
         '[it]({{< ref "posts/x.md" >}})', "/2026/the-other/"),
        (HUGO, "content/posts/x.md", "content/posts/own.md",
         '[it]({{< relref "x" >}})', "/2026/the-other/"),
        (HUGO, "content/posts/x/index.md", "content/posts/own.md",
         '[it]({{< ref "/posts/x#part" >}})', "/2026/the-other/#part"),
        (HUGO, "content/posts/x.md", "content/posts/own.md", "[it](x.md)", "/2026/the-other/"),
        (JEKYLL, "_posts/2026-01-02-x.md", "_posts/2026-03-05-own.md",
         "[it]({% link _posts/2026-01-02-x.md %})", "/2026/01/02/x.html"),
        (JEKYLL, "_posts/2026-01-02-x.md", "_posts/2026-03-05-own.md",
         "[it]({% post_url 2026-01-02-x %})", "/2026/01/02/x.html"),
        (JEKYLL, "a/_posts/2026-01-02-x.md", "_posts/2026-03-05-own.md",
         "[it]({% post_url /a/2026-01-02-x %})", "/a/2026/01/02/x.html"),
        (JEKYLL, "_posts/2026-01-02-x.md", "_posts/2026-03-05-own.md",
         "[it](2026-01-02-x.md#top)", "/2026/01/02/x.html#top"),
        (HEXO, "source/_posts/a/x.md", "source/_posts/own.md", '{% post_link a/x "it" %}', "/2026/01/02/a/x/"),
        (ZOLA, "content/blog/2026-01-02-x.md", "content/blog/own.md", "[it](@/blog/2026-01-02-x.md)", "/blog/x/"),
        (MKDOCS, "docs/a/x.md", "docs/b/own.md", "[it](../a/x.md#part)", "/a/x/#part"),
        (PELICAN, "content/a/x.md", "content/own.md", "[it]({filename}/a/x.md)", "/the-other.html"),
        (PELICAN, "content/a/x.md", "content/own.md", "[it]({filename}a/x.md)", "/the-other.html"),
        (NIKOLA, "posts/x.md", "posts/own.md", "[it](link://filename/posts/x.md)", "/posts/x/"),
    ],
)  # fmt: skip
def test_a_link_leads_to_the_other_page(
    site: dict[str, str], other: str, own: str, text: str, address: str, tmp_path: Path
) -> None:
    post = read_with(tmp_path, site, other, own, text)
    assert links(post) == [f"https://ada.example{address}"]
    assert post.notes == ()


@pytest.mark.parametrize(
    ("site", "own", "text"),
    [
        (HUGO, "content/posts/own.md", '[its words]({{< ref "gone.md" >}})'),
        (HUGO, "content/posts/own.md", "[its words](gone.md)"),
        (HUGO, "content/posts/own.md", "[its words](../../other/draft.md)"),
        (JEKYLL, "_posts/2026-03-05-own.md", "[its words]({% link _posts/2026-01-02-gone.md %})"),
        (JEKYLL, "_posts/2026-03-05-own.md", "[its words](/_posts/2026-01-02-gone.md)"),
        (HEXO, "source/_posts/own.md", '{% post_link gone "its words" %}'),
        (ZOLA, "content/blog/own.md", "[its words](@/blog/gone.md)"),
        (MKDOCS, "docs/own.md", "[its words](../../../../etc/hostname.md)"),
    ],
)
def test_where_it_is_not_known_the_words_stay(
    site: dict[str, str], own: str, text: str, tmp_path: Path
) -> None:
    post = read_with(tmp_path, site, "other/draft.md", own, text)
    assert links(post) == []
    assert "its words" in "".join(str(each) for each in post.body.walk())
    assert any("which page that is isn't known" in note for note in post.notes)


def test_no_page_is_ever_below_posts(tmp_path: Path) -> None:
    """Also on a site that nothing is known of."""
    post = read_with(tmp_path, {}, "other.md", "own.md", "[it](/_posts/2026-01-02-x.md)")
    assert links(post) == []


def test_a_draft_has_no_page_to_link_to(tmp_path: Path) -> None:
    (tmp_path / "content" / "posts").mkdir(parents=True)
    draft = tmp_path / "content" / "posts" / "draft.md"
    draft.write_text("---\ntitle: D\ndate: 2026-01-02\ndraft: true\n---\nText.\n", "utf-8")
    post = read_with(tmp_path, HUGO, "content/posts/x.md", "content/posts/own.md", "[it](draft.md)")
    assert links(post) == []


@pytest.mark.parametrize(
    ("site", "own", "picture", "written", "address"),
    [
        (HUGO, "content/posts/own/index.md", "content/posts/own/lamp.png", "lamp.png", "https://ada.example/2026/own/lamp.png"),
        (HUGO, "content/posts/own.md", "static/img/a lamp.png", "/img/a%20lamp.png", "https://ada.example/img/a%20lamp.png"),
        (HUGO, "content/posts/own.md", "content/posts/lamp.png", "lamp.png", ""),
        (JEKYLL, "_posts/2026-03-05-own.md", "assets/lamp.png", "/assets/lamp.png", "https://ada.example/assets/lamp.png"),
        (JEKYLL, "_posts/2026-03-05-own.md", "_posts/lamp.png", "lamp.png", ""),
        (HEXO, "source/_posts/own.md", "source/img/lamp.png", "/img/lamp.png", "https://ada.example/img/lamp.png"),
        (HEXO, "source/_posts/own.md", "source/_posts/own/lamp.png", "own/lamp.png", ""),
        (MKDOCS, "docs/a/own.md", "docs/img/lamp.png", "../img/lamp.png", "https://ada.example/img/lamp.png"),
        (PELICAN, "content/own.md", "content/images/lamp.png", "images/lamp.png", "https://ada.example/images/lamp.png"),
        (PELICAN, "content/own.md", "content/other/lamp.png", "other/lamp.png", ""),
        (NIKOLA, "posts/own.md", "images/lamp.png", "/images/lamp.png", "https://ada.example/images/lamp.png"),
        (ZOLA, "content/blog/own/index.md", "content/blog/own/lamp.png", "lamp.png", "https://ada.example/blog/own/lamp.png"),
        ({"astro.config.mjs": "export default { site: 'https://ada.example' };"}, "src/content/blog/own.md", "src/content/blog/lamp.png", "lamp.png", ""),
        ({"astro.config.mjs": "export default { site: 'https://ada.example' };"}, "src/content/blog/own.md", "public/lamp.png", "/lamp.png", "https://ada.example/lamp.png"),
    ],
)  # fmt: skip
def test_a_picture_has_an_address_where_the_generator_keeps_its_name(
    site: dict[str, str], own: str, picture: str, written: str, address: str, tmp_path: Path
) -> None:
    """Without one a mail carries it: a guessed address would be a hole in it."""
    (tmp_path / picture).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / picture).write_bytes(saved(halves(), "PNG"))
    post = read_with(tmp_path, site, "unused.md", own, f"![A lamp]({written})")
    (found,) = post.pictures
    assert found.address == address
    assert found.file is not None


@pytest.mark.parametrize(
    ("shown", "address"),
    [
        ('<img src="/_astro/lamp.Bx3_fZ.png" alt="x">', "https://ada.example/_astro/lamp.Bx3_fZ.png"),
        ("<img width=10 src=../lamp-600.png>", "https://ada.example/blog/lamp-600.png"),
        ('<img src="https://cdn.example/lamp_hu12_80x0.png?v=1">', "https://cdn.example/lamp_hu12_80x0.png?v=1"),
        ('<img alt="A &quot;lamp&quot;" src="/img/xYz-600.png">', "https://ada.example/img/xYz-600.png"),
        ('<img alt="Another" src="/img/xYz-600.png">', ""),
        ('<img src="/_astro/lampshade.Bx3_fZ.png">', ""),
        ('<img src="/a/lamp.png"><img src="/b/lamp.png">', ""),
        ('<img src="/_astro/lamp.Bx3_fZ.webp" alt="A &quot;lamp&quot;">', ""),
    ],
)  # fmt: skip
def test_the_built_page_shows_where_a_picture_is_that_the_generator_renames(
    shown: str, address: str, tmp_path: Path
) -> None:
    """One of another kind is none for a mail: not every reader's program shows WebP."""
    site = {
        "astro.config.mjs": "export default { site: 'https://ada.example' };",
        "src/content.config.ts": "export const collections = { blog: defineCollection({ loader: glob({ pattern: '**/*.md', base: './src/content/blog' }) }) };",
        "src/pages/blog/[...slug].astro": "---\nexport async function getStaticPaths() { const posts = await getCollection('blog'); return posts.map((post) => ({ params: { slug: post.id }, props: post })); }\n---\n",
        "dist/index.html": "",
        "dist/blog/own/index.html": f"<title>Own</title>{shown}",
    }
    own = tmp_path / "src/content/blog"
    own.mkdir(parents=True)
    (own / "lamp.png").write_bytes(saved(halves(), "PNG"))
    text = '![A "lamp"](lamp.png)'
    read_with(tmp_path, site, "src/content/blog/other.md", "src/content/blog/own.md", text)
    own_file = own / "own.md"
    os.utime(own_file, (1_700_000_000, 1_700_000_000))
    post = read(own_file, configuration.of_run(None, own))
    assert post.url == "https://ada.example/blog/own/"
    (found,) = post.pictures
    assert found.address == address


@pytest.mark.parametrize(
    ("site", "own", "separator"),
    [
        ({"_config.yml": "url: https://ada.example\nexcerpt_separator: <!--stop-->\n"}, "_posts/2026-03-05-own.md", "<!--stop-->"),
        ({"mkdocs.yml": "site_url: https://ada.example/\nplugins: [blog]\n"}, "docs/blog/posts/own.md", "<!-- more -->"),
        ({"docusaurus.config.js": "export default { url: 'https://ada.example', presets: ['classic'] };"}, "blog/own.md", "<!-- truncate -->"),
        (NIKOLA, "posts/own.md", "<!-- TEASER_END -->"),
    ],
)  # fmt: skip
def test_an_excerpt_ends_where_the_site_says(
    site: dict[str, str], own: str, separator: str, tmp_path: Path
) -> None:
    post = read_with(tmp_path, site, "x.md", own, f"One sentence.\n\n{separator}\n\nAnother one.")
    assert text_of(lead(post.body)).strip() == "One sentence."


def test_a_wiki_link_leads_to_the_page_of_the_one_note_that_is_called_so(tmp_path: Path) -> None:
    text = "See [[Old Lamp|it]], [[old lamp#wick]], [[gone]] and `[[Old Lamp]]`."
    post = read_with(tmp_path, HUGO, "content/posts/Old Lamp.md", "content/posts/own.md", text)
    assert links(post) == ["https://ada.example/2026/the-other/"] * 2
    assert text_of(post.body).strip() == "See it, old lamp, gone and [[Old Lamp]]."
    twin = tmp_path / "content" / "notes" / "old lamp.md"
    twin.parent.mkdir()
    twin.write_text(OTHER, "utf-8")
    assert links(read_with(tmp_path, HUGO, "x.md", "content/posts/own.md", text)) == []
