"""Small sites, one for each thing that decides about an address, and what the real generators make
of them.

    .venv/bin/python -m tests.sites GENERATORS

builds them all with the generators in that folder (`.ci/generators` installs them) and writes the
addresses of the built pages into tests/sites.json. With `--check` it only compares.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

RECORDED = Path(__file__).with_name("sites.json")
HOST = "https://ada.example"


@dataclass(frozen=True)
class Site:
    """A site's files, and how it is built. Each post says its own path, by which its page is
    found. `base` is where on its host the site lies, which is no part of the built folder."""

    name: str
    generator: str
    files: Mapping[str, str]
    base: str = ""


def mark(path: str) -> str:
    """What stands in a post's text, so that its page can be told from others."""
    return f"MARK{hashlib.sha256(path.encode()).hexdigest()[:12]}"


def post(
    path: str,
    title: str | None = "The Lamp",
    date: str | None = "2026-03-05",
    text: str = "",
    **more: object,
) -> dict[str, str]:
    """One post, with its path as a mark in its text."""
    head = {"title": title, "date": date, **more}
    lines = [
        f"{key.replace('__', '-')}: {json.dumps(value, ensure_ascii=False)}"
        for key, value in head.items()
        if value is not None
    ]
    front = (
        "---\n"
        + "\n".join(line.replace('"2026-03-05"', "2026-03-05") for line in lines)
        + "\n---\n"
    )
    return {path: f"{front}\n{text}{mark(path)}\n"}


def files(*tables: Mapping[str, str]) -> dict[str, str]:
    return {path: text for table in tables for path, text in table.items()}


_HUGO_LAYOUTS = {
    "layouts/_default/single.html": "<html><body>{{ .Content }}</body></html>",
    "layouts/_default/list.html": "<html><body>list</body></html>",
}
_NAMES = (
    "hello-world", "2026-03-05-dated", "My_Post File", "Été à Zürich", "C++ & C# (100)", "v2.0.1", "Straße", "a--b", "Ünïcode_日本",
)  # fmt: skip


_TITLES = (
    "Hello, World! It’s 5.0", "Œuvre — C++ & more", "A/B: #1", "Straße", "日本 Über", "a--b c - d", "Don't", "100 % (really)", "Ñandú_x",
)  # fmt: skip


def _named(folder: str, ending: str = ".md") -> dict[str, str]:
    pairs = zip(_NAMES, _TITLES, strict=True)
    return files(*(post(f"{folder}/{name}{ending}", title) for name, title in pairs))


HUGO = (
    Site("hugo-plain", "hugo", files(
        {"hugo.toml": f'baseURL = "{HOST}/"\n'}, _HUGO_LAYOUTS,
        _named("content/posts"),
        post("content/posts/Deep Folder/Inner/x.md"),
        post("content/posts/bundle/index.md"), post("content/posts/bundle/other.md"),
        post("content/posts/Bundle Two/index.md", slug="the-slug"),
        post("content/posts/slug.md", slug="My Slug/Ä"),
        post("content/posts/url.md", url="/else where/here/"),
        post("content/posts/url-relative.md", url="elsewhere/there"),
        post("content/posts/url-html.md", url="/elsewhere/page.html"),
        post("content/posts/never.md", _build={"render": "never"}),
        post("content/posts/json.md", outputs=["json"]),
        post("content/posts/draft.md", draft=True),
        post("content/about.md"), post("content/_index.md"),
        post("announcements/outside.md"),
    )),
    Site("hugo-ugly", "hugo", files(
        {"config.yaml": f"baseURL: {HOST}/sub/\nuglyURLs: true\ndisablePathToLower: true\nremovePathAccents: true\npermalinks:\n  posts: /:section/:year/:weekdayname/:slug/\n  notes: /n/:sections/:filename\n  days: /:year/:month/:day/:yearday/:monthname/:title\nfrontmatter:\n  date: [':filename', ':default']\n"},
        _HUGO_LAYOUTS, _named("content/posts"), _named("content/notes/a/b"), _named("content/days"), _named("content/plain"),
        post("content/posts/slugged.md", slug="Own Slug"),
        post("content/plain/bundle/index.md"), {"content/notes/a/_index.md": "---\ntitle: A\n---\n"},
    ), base="/sub"),
    Site("hugo-patterns", "hugo", files(
        {"hugo.toml": f'baseURL = "{HOST}/"\n[permalinks]\nposts = "/Ä B/:monthname/:weekday/:slug"\nhtml = "/h/:year/:filename.html"\nnotes = "/n/:sections/:slugorfilename/"\n'},
        _HUGO_LAYOUTS, _named("content/posts"), _named("content/html"), _named("content/notes/a/b"), {"content/notes/a/_index.md": "---\ntitle: A\n---\n"},
        post("content/notes/a/b/c/index.md", slug="Own slug"),
    )),
    Site("hugo-languages", "hugo", files(
        {"hugo.toml": f'baseURL = "{HOST}/"\ndefaultContentLanguage = "de"\ndefaultContentLanguageInSubdir = true\n[languages.de]\nweight = 1\ncontentDir = "content/de"\n[languages.fr]\nweight = 2\ncontentDir = "content/fr"\n[languages.fr.permalinks]\nposts = "/billets/:slug/"\n[permalinks]\nposts = "/:year/:slug/"\n'},
        _HUGO_LAYOUTS,
        post("content/de/posts/hallo.md", "Hallo, Welt"), post("content/fr/posts/bonjour.md", "Bonjour à tous"),
        post("content/de/posts/adresse.md", url="/fest/"), post("content/de/posts/adresse2.md", url="fest2/"),
        post("content/fr/posts/slug.md", slug="un-deux"),
    )),
    Site("hugo-folder", "hugo", files(
        {"config/_default/hugo.yaml": f"baseURL: {HOST}/base/\ndefaultContentLanguage: en\nuglyURLs:\n  notes: true\n",
         "config/_default/permalinks.yaml": "posts: /archive/:year-:month/:filename/\nBlog: /b/:slug\n",
         "config/_default/languages.yaml": "en:\n  weight: 1\nfr:\n  weight: 2\n  languageName: Français\npt-br:\n  weight: 3\n",
         "config/production/hugo.yaml": f"baseURL: {HOST}/live/\n"},
        _HUGO_LAYOUTS,
        post("content/posts/one.md"), post("content/posts/one.fr.md"), post("content/posts/one.pt-br.md"),
        post("content/posts/bundle/index.md"), post("content/posts/bundle/index.fr.md"), post("content/posts/2.0.fr.md"),
        post("content/Blog/Two Words.md", "Two Words: X"), post("content/Blog/Sub/Three.md", "Three", slug="THREE"),
        post("content/notes/n.md"), post("content/notes/b/index.md"), post("content/notes/url.md", url="/u/v"),
        post("content/notes/url.fr.md", url="/u/w"), post("content/notes/url2.fr.md", url="u/v/"),
        post("content/notes/headless/index.md", headless=True), post("content/root.md"), post("content/root.fr.md"),
        post("content/notes/typed.md", type="posts"), post("content/notes/link.md", _build={"render": "link"}),
        {"content/posts/toml.md": f"+++\ntitle = 'In TOML'\ndate = 2026-03-05\nslug = 'tom'\n+++\n{mark('content/posts/toml.md')}\n"},
    ), base="/live"),
    Site("hugo-zones", "hugo", files(
        {"hugo.toml": f'baseURL = "{HOST}/"\ntimeZone = "Asia/Tokyo"\n[permalinks]\nposts = "/:year/:month/:day/:slug/"\n'},
        _HUGO_LAYOUTS,
        post("content/posts/utc.md", "Utc", "2026-03-05T23:30:00Z"),
        post("content/posts/west.md", "West", "2026-03-05T23:30:00-08:00"),
        post("content/posts/local.md", "Local", "2026-03-05 23:30:00"),
        post("content/posts/no-slug.md", None),
    )),
)  # fmt: skip

_JEKYLL_LAYOUT = {"_layouts/post.html": "<html><body>{{ content }}</body></html>"}


def _jekyll_posts() -> dict[str, str]:
    dated = [f"_posts/2026-03-05-{name}.md" for name in _NAMES if not name.startswith("2026")]
    return files(
        *(post(path, "Hello, World!", None) for path in dated),
        post("_posts/2026-3-5-digits.md", "Digits", None),
        post("_posts/2026/2026-03-05-deep.md", "Deep", None),
        post("travel/Big Trips/_posts/2026-03-05-trip.md", "Trip", None),
        post("_posts/2026-03-05-category.md", "C", None, category="Big News", categories=["Über", "b c"]),
        post("_posts/2026-03-05-words.md", "C", None, categories="one Two one"),
        post("_posts/2026-03-05-slug.md", "C", None, slug="Own Slug! é"),
        post("_posts/2026-03-05-pattern.md", "C", None, permalink="/p/:categories/:short_year-:i_month-:i_day/:slug/:title"),
        post("_posts/2026-03-05-ending.md", "C", None, permalink="/p/x.html"),
        post("_posts/2026-03-05-no-slash.md", "C", None, permalink="no-slash"),
        post("_posts/2026-03-05-zone.md", "C", "2026-03-05 23:30:00 -0500"),
        post("_posts/2026-03-05-unpublished.md", "C", None, published=False),
        post("_posts/undated.md", "C", None),
        post("_drafts/idea.md", "C", None),
        post("about.md", "About", None), post("notes/page.markdown", "Page", None), post("notes/index.md", "Notes", None),
        post("pinned.md", "Pinned", None, permalink="/pinned/here/"),
    )  # fmt: skip


JEKYLL = tuple(
    Site(f"jekyll-{name}", "jekyll", files(
        {"_config.yml": f"url: {HOST}\n{settings}"}, _JEKYLL_LAYOUT, _jekyll_posts(), more,
    ), base=base)
    for name, settings, base, more in (
        ("date", "", "", {}),
        ("pretty", "permalink: pretty\ntimezone: Asia/Tokyo\nbaseurl: /blog\n", "/blog", {}),
        ("ordinal", "permalink: ordinal\n", "", {}),
        ("weekdate", "permalink: weekdate\n", "", {}),
        ("none", "permalink: none\n", "", {}),
        ("bare", "permalink: ':year/:month/:title'\ncollections_dir: my\n", "",
         files(post("my/_posts/2026-03-05-mine.md", "M", None), post("my/a/_posts/2026-03-05-mine2.md", "M", None))),
        ("index", "permalink: /b/:y_day/:title/index.html\nfuture: true\n", "", {}),
        ("tokens", "permalink: /:collection/:slugified_categories/:long_month/:short_day/:w_year-:week-:w_day/:hour:minute:second/:title:output_ext\n", "", {}),
        ("defaults", "permalink: /b/:title\ndefaults:\n  - scope: {path: travel}\n    values: {permalink: '/t/:title/'}\n  - scope: {path: '', type: posts}\n    values: {category: all}\nexclude: [notes]\ncollections:\n  news: {output: true, permalink: '/:collection/n/:name/'}\n  bare: {output: true}\n  hidden: {output: false}\n", "",
         files(post("_news/One Two.md", "N", None), post("_bare/a/B_c.md", "N", None), post("_hidden/x.md", "N", None))),
    )
)  # fmt: skip

_HEXO_PACKAGE = json.dumps({"name": "x", "version": "0.0.0", "private": True, "hexo": {"version": "8.0.0"}, "dependencies": {"hexo": "*", "hexo-renderer-marked": "*", "hexo-renderer-ejs": "*", "hexo-generator-index": "*"}})  # fmt: skip
_HEXO_THEME = {"themes/t/layout/post.ejs": "<%- page.content %>", "themes/t/layout/page.ejs": "<%- page.content %>", "themes/t/layout/index.ejs": "index"}  # fmt: skip
_HEXO_DATE = "2026-03-05 10:00:00"


def _hexo_posts() -> dict[str, str]:
    return files(
        *(post(f"source/_posts/{name}.md", "Hello, Wörld! C++", _HEXO_DATE) for name in _NAMES),
        post("source/_posts/tips/deep.md", "Deep", _HEXO_DATE),
        post("source/_posts/cats.md", "Cats", _HEXO_DATE, categories=["Big News", "Für uns"]),
        post("source/_posts/cat.md", "Cat", _HEXO_DATE, categories="One"),
        post("source/_posts/given.md", "G", _HEXO_DATE, permalink="given/here"),
        post("source/_posts/given-html.md", "G", _HEXO_DATE, permalink="/given/page.html"),
        post("source/_posts/late.md", "L", "2026-03-05 23:30:00"),
        post("source/_posts/off.md", "O", _HEXO_DATE, published=False),
        post("source/_drafts/idea.md", "I", _HEXO_DATE),
        post("source/about/index.md", "About", _HEXO_DATE),
        post("source/page.md", "Page", _HEXO_DATE),
    )


HEXO = tuple(
    Site(f"hexo-{name}", "hexo", files(
        {"_config.yml": f"title: Ada\nurl: {HOST}{base}\ntheme: t\n{settings}", "package.json": _HEXO_PACKAGE},
        _HEXO_THEME, _hexo_posts(),
    ), base=base)
    for name, settings, base in (
        ("plain", "", ""),
        ("tokens", "permalink: :category/:year-:i_month-:i_day/:name/:post_title/:hour:minute.html\ntimezone: Asia/Tokyo\ndefault_category: misc\ncategory_map:\n  One: eins\n", "/blog"),
        ("names", "permalink: ':year/:month/:day/:title/'\nnew_post_name: ':year-:month-:day-:title.md'\npretty_urls: {trailing_index: false, trailing_html: false}\n", ""),
        ("hash", "permalink: ':timestamp/:hash/:title.html'\ntimezone: UTC\n", ""),
    )
)  # fmt: skip

_ELEVENTY_LAYOUT = {"_includes/base.njk": "<html><body>{{ content | safe }}</body></html>"}


def _eleventy_posts(top: str) -> dict[str, str]:
    return files(
        *(
            post(f"{top}posts/{name}.md", "Grüße & mehr: it's a don't", layout="base.njk")
            for name in _NAMES
        ),
        post(f"{top}posts/lamp/index.md"),
        post(f"{top}posts/lantern/lantern.md"),
        post(f"{top}posts/2026-03-05-x/2026-03-05-x.md"),
        post(f"{top}posts/given.md", permalink="/given/here/"),
        post(f"{top}posts/given2.md", permalink="given/there/"),
        post(f"{top}posts/given3.html.md", permalink="/given/p.html"),
        post(f"{top}posts/off.md", permalink=False),
        post(f"{top}posts/2026-03-05-slugged.md", permalink="/s/{{ page.fileSlug }}/index.html"),
        post(f"{top}posts/stem/2026-03-05-s.md", permalink="/s{{ page.filePathStem }}.html"),
        post(
            f"{top}posts/titled.md", "Grüße aus Köln & it’s", permalink="/t/{{ title | slugify }}/"
        ),
        post(
            f"{top}posts/titled2.md", "Łódź Ærø Œuvre naïve", permalink="/t/{{ title | slugify }}/"
        ),
        post(f"{top}posts/by-date.md", permalink="/d/{{ page.date | date: '%Y/%m/%d' }}/x/"),
        post(f"{top}posts/njk.njk.md", "Nun", permalink="{{ page.filePathStem }}/x.html"),
        post(f"{top}posts/own.md", "Own", slug="the-slug", permalink="/o/{{ slug }}/"),
        post(f"{top}posts/lower.md", "Own Title", permalink="/o/{{ title | downcase | slugify }}/"),
        post(
            f"{top}posts/slug-filter.md", "Old Way - of 2 names", permalink="/o/{{ title | slug }}/"
        ),
        post(f"{top}posts/spaces.md", "S", permalink="/with space/ä/"),
        post(f"{top}drafts.md", draft=True),
        post(f"{top}_hidden/x.md"),
    )


ELEVENTY = (
    Site("eleventy-plain", "eleventy", files({"package.json": '{"type": "module", "devDependencies": {"@11ty/eleventy": "^3.0.0"}}', "_data/metadata.json": json.dumps({"url": HOST})}, _ELEVENTY_LAYOUT, _eleventy_posts(""))),
    Site("eleventy-input", "eleventy", files(
        {
            "package.json": '{"type": "module"}',
            "eleventy.config.js": "export default function (config) {\n  return { dir: { input: 'content', includes: '../_includes', data: '../_data' }, pathPrefix: '/sub/' };\n}\n",
            "_data/site.js": f"export default {{ url: '{HOST}', title: `Ada` }};\n",
            "content/posts/posts.11tydata.json": '{"layout": "base.njk"}',
            "content/news/news.json": '{"permalink": "/news/{{ page.fileSlug }}.html"}',
            "content/coded/coded.11tydata.js": "export default { permalink: (data) => `/c/${data.page.fileSlug}/` };\n",
            "_includes/paged.njk": "---\npermalink: /from-layout/{{ page.fileSlug }}/\n---\n{{ content | safe }}",
        },
        _ELEVENTY_LAYOUT, _eleventy_posts("content/"), post("content/news/one.md"), post("content/coded/one.md"),
        post("content/laid/2026-03-05-out.md", layout="paged.njk"), post("elsewhere.md"),
    ), base="/sub"),
)  # fmt: skip

_ASTRO_PAGE = "---\nimport { getCollection, render } from 'astro:content';\nexport async function getStaticPaths() {\n  const posts = await getCollection('%s');\n  return posts.map((post) => ({ params: { slug: post.id }, props: post }));\n}\nconst post = Astro.props;\nconst { Content } = await render(post);\n---\n<html><body><Content /></body></html>\n"
_ASTRO_CONFIG = "import { defineCollection, z } from 'astro:content';\nimport { glob } from 'astro/loaders';\nconst schema = z.object({ title: z.string(), draft: z.boolean().optional() });\nconst blog = defineCollection({ loader: glob({ base: './%s', pattern: '**/[^_]*.{md,mdx}' }), schema });\nconst notes = defineCollection({ loader: glob({ pattern: '**/*.md', base: 'data/notes' }), schema });\nexport const collections = { blog, jottings: notes };\n"


def _astro_posts(folder: str) -> dict[str, str]:
    return files(
        _named(folder),
        post(f"{folder}/lamp/index.md"),
        post(f"{folder}/Deep Folder/In.ner/x.md"),
        post(f"{folder}/slug.md", slug="Own/Slug"),
        post(f"{folder}/_left-out.md"),
    )


ASTRO = (
    Site("astro-plain", "astro", files(
        {"astro.config.mjs": f"import {{ defineConfig }} from 'astro/config';\nexport default defineConfig({{ site: '{HOST}' }});\n", "package.json": '{"type": "module"}',
         "src/content.config.ts": _ASTRO_CONFIG % "src/content/blog", "src/pages/blog/[...slug].astro": _ASTRO_PAGE % "blog", "src/pages/n/[slug].astro": _ASTRO_PAGE % "jottings"},
        _astro_posts("src/content/blog"), post("data/notes/One Note.md"), post("src/pages/about.md"), post("src/pages/In/My Page.md"), post("other/x.md"),
    )),
    Site("astro-base", "astro", files(
        {"astro.config.ts": f"import {{ defineConfig }} from 'astro/config';\nconst site = '{HOST}';\nexport default defineConfig({{\n  site,\n  base: '/docs',\n  trailingSlash: 'never', // as our host has it\n  build: {{ format: 'file' }},\n}});\n", "package.json": '{"type": "module"}',
         "src/content.config.ts": _ASTRO_CONFIG % "posts", "src/pages/[...slug].astro": _ASTRO_PAGE % "blog"},
        _astro_posts("posts"), post("data/notes/x.md"),
    ), base="/docs"),
)  # fmt: skip

_DOCUSAURUS = "const config = {\n  title: 'Ada',\n  url: '%s',\n  baseUrl: '%s',\n  onBrokenLinks: 'ignore',%s\n  presets: [['classic', { docs: %s, blog: %s, theme: {} }]],\n};\nexport default config;\n"
_TRANSLATED = {
    "blog": ("hello.md", "2026-03-05-salut.md", "deep/own.md"),
    "docs": ("intro.md", "02-guide/page.md", "new.md"),
    "src/pages": ("me.md", "my-page.md"),
    "news": ("2026-01-01-x.md", "2026-01-02-y.md"),
}
_FOLDER_OF = {"blog": "blog", "docs": "docs/current", "src/pages": "pages", "news": "blog-news"}
_DOCUSAURUS_I18N = """
  i18n: { defaultLocale: 'en', locales: ['en', 'fr', 'pt-BR'], localeConfigs: { 'pt-BR': { path: 'pt' } } },
  plugins: [['@docusaurus/plugin-content-blog', { id: 'news', path: 'news', routeBasePath: 'nouvelles', onUntruncatedBlogPosts: 'ignore' }]],"""


def _docusaurus_posts(folder: str) -> dict[str, str]:
    names = [name for name in _NAMES if not name.startswith("2026")]
    return files(
        *(post(f"{folder}/{name}.md", "Hello") for name in names if "#" not in name),
        *(post(f"{folder}/{name}", "Hello", None) for name in (
            "2026-03-05-dated.md", "2026-03-06-folder/index.md", "2026/03/07/nested.md", "2026/03-08-mixed.md", "2026-3-9-digits.md",
            "deep/2026-03-10-inner.mdx", "2026-03-11.md", "_left-out.md")),
        post(f"{folder}/deep/er/plain.md"),
        post(f"{folder}/slug.md", "S", slug="own/slug"), post(f"{folder}/slug2.md", "S", slug="/rooted"),
        post(f"{folder}/draft.md", "S", draft=True),
    )  # fmt: skip


DOCUSAURUS = (
    Site("docusaurus-plain", "docusaurus", files(
        {"docusaurus.config.js": _DOCUSAURUS % (HOST, "/", "", "{}", "{ onUntruncatedBlogPosts: 'ignore', onInlineAuthors: 'ignore' }"), "package.json": "{}"},
        _docusaurus_posts("blog"),
        *(post(f"docs/{name}", "D", None) for name in ("intro.md", "01-first.md", "02_second/03 - third.md", "guide/index.md", "more/README.md", "same/same.md", "2026-03-05-x.md", "7.0-out.md")),
        post("docs/slug.md", "D", None, slug="/own"), post("docs/guide/slug.md", "D", None, slug="rel"), post("docs/guide/id.md", "D", None, id="the-id"),
        post("src/pages/my-page.md", "P", None), post("src/pages/in/index.md", "P", None), post("news/x.md"),
    )),
    Site("docusaurus-root", "docusaurus", files(
        {"docusaurus.config.js": _DOCUSAURUS % (HOST, "/sub/", "\n  trailingSlash: false,", "false", "{ path: './posts', routeBasePath: '/', onUntruncatedBlogPosts: 'ignore', onInlineAuthors: 'ignore' }"), "package.json": "{}"},
        _docusaurus_posts("posts"),
    ), base="/sub"),
    Site("docusaurus-i18n", "docusaurus", files(
        {"docusaurus.config.js": _DOCUSAURUS % (HOST, "/", _DOCUSAURUS_I18N, "{}", "{ onUntruncatedBlogPosts: 'ignore', onInlineAuthors: 'ignore' }"), "package.json": "{}"},
        *(post(f"{folder}/{name}", "Hello") for folder, names in _TRANSLATED.items() for name in names),
        *(post(f"i18n/{locale}/docusaurus-plugin-content-{_FOLDER_OF[folder]}/{name}", "Bonjour") for locale in ("fr", "pt", "pt-BR", "it")
          for folder, names in _TRANSLATED.items() for name in (*names[1:], "alone.md")),
        *(post(f"i18n/fr/docusaurus-plugin-content-{name}", "B", slug="/s") for name in ("blog/slug.md", "docs/current/02-guide/slug.md")),
        *(post(name, "B") for name in ("blog/slug.md", "docs/02-guide/slug.md", "i18n/fr/docusaurus-plugin-content-blog-other/x.md")),
    )),
)  # fmt: skip


def _pelican_posts(top: str = "content") -> dict[str, str]:
    """Its front matter is no YAML: quotes would be part of what is said."""
    posts = files(
        *(
            post(f"{top}/{name}.md", f"Hello {name}")
            for name in _NAMES
            if "日" not in name and "#" not in name
        ),
        post(f"{top}/Big Trips/deep.md", "Deep “Tip” it’s"),
        post(f"{top}/slug.md", "S", slug="Own Slug"),
        post(f"{top}/lang.md", "Langue", lang="fr"),
        post(f"{top}/cat.md", "Cat", category="Über uns"),
        post(f"{top}/draft.md", "Draft", status="draft", category="x"),
        post(f"{top}/skip.md", "Skip", status="skip"),
        post(f"{top}/hidden.md", "Hidden one", status="hidden", category="x"),
        post(f"{top}/trans-fr.md", "Lang", lang="fr", category="x"),
        post(f"{top}/pages/about.md", "About us"),
        post(f"{top}/given.md", "G", category="x", url="x/y/", save_as="x/y/index.html"),
        post(f"{top}/2026-04-06_named.md", "Named", None),
    )
    return {path: text.replace('"', "") for path, text in posts.items()}


PELICAN = tuple(
    Site(f"pelican-{name}", "pelican", files(
        {"pelicanconf.py": f"AUTHOR = 'Ada L'\nSITENAME = 'Ada'\nSITEURL = '{HOST}'\nPATH = 'content'\nTIMEZONE = 'Europe/Paris'\nDEFAULT_LANG = 'en'\nTHEME = 'simple'\nFEED_ALL_ATOM = CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None\nINDEX_SAVE_AS = CATEGORY_SAVE_AS = AUTHOR_SAVE_AS = TAG_SAVE_AS = ''\nDIRECT_TEMPLATES = []\n{settings}"},
        _pelican_posts(), more,
    ))
    for name, settings, more in (
        ("plain", "", {}),
        ("dated", "ARTICLE_URL = 'posts/{date:%Y}/{date:%b}/{slug}/'\nARTICLE_SAVE_AS = ARTICLE_URL + 'index.html'\nPAGE_URL = '{slug}/'\nPAGE_SAVE_AS = PAGE_URL + 'index.html'\nSLUGIFY_SOURCE = 'basename'\n", {}),
        ("categories", "ARTICLE_URL = '{category}/{slug}.html'\nARTICLE_SAVE_AS = '{category}/{slug}.html'\nSLUGIFY_USE_UNICODE = True\nSLUGIFY_PRESERVE_CASE = True\nFILENAME_METADATA = r'(?P<date>\\d{4}-\\d{2}-\\d{2})_(?P<slug>.*)'\n",
         {path: text.replace('"', "") for path, text in post("content/Ünïcode.md", "日本 Über", category="y").items()}),
    )
)  # fmt: skip


def _mkdocs_posts(folder: str) -> dict[str, str]:
    return files(
        *(post(f"{folder}/{name}.md", None, text=f"# Hello {name}\n\n") for name in _NAMES),
        post(f"{folder}/titled.md", "A *title* of its own: “x”"),
        post(f"{folder}/bare-name.md", None),
        post(f"{folder}/deep/er.md", "Er"),
        post(f"{folder}/slug.md", "S", slug="Own Slug"),
        post(f"{folder}/dates.md", "D", None, date__x=None)
        | {
            f"{folder}/dates.md": f"---\ntitle: D\ndate:\n  created: 2026-03-07\n  updated: 2026-04-01\n---\n{mark(f'{folder}/dates.md')}\n"
        },
        post(f"{folder}/draft.md", "Draft", draft=True),
        post(f"{folder}/cats.md", "Cats", categories=["Big News", "x"]),
        {"docs/index.md": "# Ada\n", "docs/blog/index.md": "# Blog\n"},
        post("docs/page.md", "P", None),
        post("docs/guide/index.md", "G", None),
        post("docs/guide/one two.md", "G", None),
    )


MKDOCS = (
    Site("mkdocs-plain", "mkdocs", files({"mkdocs.yml": f"site_name: Ada\nsite_url: {HOST}/\ntheme: {{name: material}}\nplugins: [blog]\nmarkdown_extensions:\n  - pymdownx.emoji:\n      emoji_index: !!python/name:material.extensions.emoji.twemoji\n"}, _mkdocs_posts("docs/blog/posts"))),
    Site("mkdocs-set", "mkdocs", files(
        {"mkdocs.yml": f"site_name: Ada\nsite_url: {HOST}/sub/\nuse_directory_urls: false\ntheme: {{name: material}}\nplugins:\n  - search\n  - blog:\n      blog_dir: news\n      post_dir: '{{blog}}/items'\n      post_url_format: '{{categories}}/{{date}}/{{file}}-{{slug}}'\n      post_url_date_format: yyyy/M-dd\n      post_slugify_separator: _\n      post_url_max_categories: 2\n", "docs/news/index.md": "# News\n"},
        _mkdocs_posts("docs/news/items"),
    ), base="/sub"),
)  # fmt: skip

_NIKOLA = "BLOG_AUTHOR = 'Ada'\nBLOG_TITLE = 'Ada'\nSITE_URL = '%s'\nBLOG_EMAIL = 'a@example.org'\nBLOG_DESCRIPTION = 'x'\nDEFAULT_LANG = 'en'\nTHEME = 'bootblog4'\nTIMEZONE = 'UTC'\nCOMPILERS = {'markdown': ('.md',)}\nPOSTS = %s\nPAGES = (('pages/*.md', '', 'page.tmpl'),)\nTRANSLATIONS = {DEFAULT_LANG: '', 'fr': './fr'}\nGENERATE_RSS = GENERATE_ATOM = False\nINDEXES_PAGES_MAIN = False\nINDEX_DISPLAY_POST_COUNT = 100\nINDEX_TEASERS = True\n%s"


def _nikola_posts() -> dict[str, str]:
    return files(
        *(
            post(f"posts/{name}.md", "Hello", "2026-03-05 10:00:00 UTC", slug=None)
            for name in _NAMES
            if "日" not in name
        ),
        post("posts/deep/er/inner.md", "Inner", "2026-03-05 10:00:00 UTC"),
        post("posts/slug.md", "S", "2026-03-05 10:00:00 UTC", slug="own-slug"),
        post("posts/two.md", "Two", "2026-03-05 10:00:00 UTC"),
        post("posts/two.fr.md", "Deux", "2026-03-05 10:00:00 UTC"),
        post("pages/about.md", "About", "2026-03-05 10:00:00 UTC"),
        post("elsewhere/x.md"),
    )


NIKOLA = (
    Site("nikola-plain", "nikola", files({"conf.py": _NIKOLA % (f"{HOST}/", "(('posts/*.md', 'posts', 'post.tmpl'),)", "")}, _nikola_posts())),
    Site("nikola-ugly", "nikola", files({"conf.py": _NIKOLA % (f"{HOST}/sub/", "(('posts/*.md', 'news/all', 'post.tmpl'),)", "PRETTY_URLS = False\nSTRIP_INDEXES = False\n")}, _nikola_posts()), base="/sub"),
)  # fmt: skip

SITES = (*HUGO, *JEKYLL, *HEXO, *ELEVENTY, *ASTRO, *DOCUSAURUS, *PELICAN, *MKDOCS, *NIKOLA)


def write(site: Site, folder: Path) -> Path:
    """Puts the site's files into `folder`."""
    for name, text in site.files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    (folder / ".git").mkdir()  # no site above this one is looked for
    return folder


def posts(site: Site) -> list[str]:
    return [name for name, text in site.files.items() if mark(name) in text]


def build(site: Site, generators: Path) -> dict[str, str | None]:
    """What the real generator makes of each post: the address of its page, or None."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = write(site, Path(scratch).resolve() / "site")
        command, output = _command(site.generator, folder, generators)
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            env=_environment(generators),
        )
        if done.returncode:
            raise SystemExit(
                f"{site.name} was not built:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
            )
        return _addresses(site, folder / output)


def _environment(generators: Path) -> dict[str, str]:
    return {
        **os.environ,
        "TZ": "UTC",
        "ASTRO_TELEMETRY_DISABLED": "1",
        "NODE_PATH": str(generators / "node_modules"),
        "NODE_OPTIONS": "",
        "LANG": "C.UTF-8",
    }


def _command(generator: str, folder: Path, generators: Path) -> tuple[list[str], str]:
    """How it is built, and where the pages are then."""
    node, bin_ = generators / "node_modules", generators / "venv" / "bin"
    if generator in ("hexo", "eleventy", "astro", "docusaurus"):
        # A folder of its own for each site, since that is where they keep caches.
        (folder / "node_modules").mkdir()
        for package in node.iterdir():
            if not package.name.startswith((".astro", ".vite", ".cache")):
                (folder / "node_modules" / package.name).symlink_to(package)
    return {
        "hugo": (["hugo", "--quiet"], "public"),
        "jekyll": (["jekyll", "build", "--quiet"], "_site"),
        "hexo": ([str(node / ".bin" / "hexo"), "generate"], "public"),
        "eleventy": ([str(node / ".bin" / "eleventy"), "--quiet"], "_site"),
        "astro": ([str(node / ".bin" / "astro"), "build"], "dist"),
        "docusaurus": ([str(node / ".bin" / "docusaurus"), "build"], "build"),
        "pelican": ([str(bin_ / "pelican"), "--quiet"], "output"),
        "mkdocs": ([str(bin_ / "mkdocs"), "build", "--quiet"], "site"),
        "nikola": ([str(bin_ / "nikola"), "build"], "output"),
    }[generator]


def _addresses(site: Site, output: Path) -> dict[str, str | None]:
    """By the mark of each post, in the page that has it and no other's."""
    found: dict[str, str] = {}
    for page in sorted(output.rglob("*")):
        if not page.is_file() or page.suffix not in ("", ".html", ".htm"):
            continue
        text = page.read_text("utf-8", "replace")
        marks = [name for name in posts(site) if mark(name) in text]
        if len(marks) == 1:
            path = "/" + page.relative_to(output).as_posix()
            path = path.removesuffix("index.html") if path.endswith("/index.html") else path
            address = HOST + site.base + quote(path, safe="/%:@!$&'()*+,;=~-._")
            # What lists posts by category comes later; but these show each in every language first.
            if site.generator in ("nikola", "docusaurus"):
                found[marks[0]] = min(found.get(marks[0], address), address, key=len)
            else:
                found.setdefault(marks[0], address)
    return {name: found.get(name) for name in posts(site)}


def main(arguments: list[str]) -> None:
    generators = Path(next(each for each in arguments if not each.startswith("--"))).resolve()
    chosen = [
        site
        for site in SITES
        if not any(each.startswith("--only=") for each in arguments)
        or f"--only={site.generator}" in arguments
    ]
    with ThreadPoolExecutor(2) as pool:
        built = dict(
            zip(
                [site.name for site in chosen],
                pool.map(lambda site: build(site, generators), chosen),
                strict=True,
            )
        )
    recorded = json.loads(RECORDED.read_text("utf-8")) if RECORDED.is_file() else {}
    if "--check" in arguments:
        wrong = [
            f"{name}: {path} is {address}"
            for name, pages in built.items()
            for path, address in pages.items()
            if recorded.get(name, {}).get(path, "?") != address
        ]
        raise SystemExit("\n".join(wrong) if wrong else 0)
    RECORDED.write_text(
        json.dumps(recorded | built, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8"
    )
    print(f"{sum(map(len, built.values()))} posts on {len(built)} sites")


if __name__ == "__main__":
    main(sys.argv[1:])
