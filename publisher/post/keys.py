"""Front matter keys that are nearly ours: a mistyped one would be passed over in silence."""

from __future__ import annotations

from collections.abc import Collection, Iterable

DECIDING = tuple(
    "draft published publish publishdate pubdate date expirydate unlisted headless hidden private status".split()
)
"""Keys that say whether, when and where a post goes: a near miss is an error."""
DESCRIBING = tuple(
    "title description summary tags image lang language url permalink slug id mentions images cover categories".split()
)
"""Keys that say what is in it: a near miss is a warning."""
CHANNELS = ("channels", "channel", "chanels", "channnels", "chanel", "chanles")
"""What is meant for `publish: {channels: […]}`, and stands beside it."""

KNOWN = frozenset(
    (
        "data dates rate rates gate update updated updates updatedate update_date upd modified lastmod last_modified"
        " last_modified_at publisher publishers public publication publications publishing published_at publish_date"
        " date_published datepublished published_date publisheddate published_time date_updated date_created created"
        " creation_date createdate dateformat date_format statuses state stats static hide hides hidemeta hidetitle"
        " hide_title hidedate hiddenintag hiddeninhomelist private_note tag tagline tagging page pages imag images"
        " image_alt imagealt images_alt gallery header hero heroimage covers coverimage cover_image coveralt"
        " featured_image feature_image featuredimage thumbnail thumb banner og_image ogimage social_image lead leads"
        " subtitle sub_title titles title_en title_fr longtitle shorttitle linktitle link_title titleseparator"
        " descriptions desc descr excerpt teaser preview subject summaries summary_large abstract dek langs languages"
        " lang_en hreflang locale urls uri uris url_en surl permalinks permalink_en slugs slugified ids uid guid pid"
        " idx mention category cats topics keywords series author authors by byline weight order layout layouts type"
        " types template templates theme toc math mermaid comments comment disqus share sharing sitemap robots noindex"
        " canonical canonical_url canonicalurl alias aliases redirect redirects redirect_from menu menus nav sidebar"
        " sidebars breadcrumbs eleventynavigation eleventyexcludefromcollections eleventycomputed pagination"
        " expires expiry_date expirydate unpublishdate expire release releases release_date version versions draft_of"
        " resources outputs cascade build _build markup isocjklanguage linktitles syndication mastodon event events"
        " source sources excerpt_separator render_with_liquid taxonomies extra in_search_index path file filename"
        " duration audio video podcast license location color colour icon emoji reading_time readingtime wordcount"
        " translationkey translations"
    ).split()
)
"""Keys of generators and their themes that lie near ours and mean something else."""


def near_misses(
    keys: Iterable[str], ignored: Collection[str] = ()
) -> tuple[dict[str, str], dict[str, str]]:
    """Mistyped keys and what was probably meant: those that decide something, and the others."""
    deciding: dict[str, str] = {}
    describing: dict[str, str] = {}
    for key in keys:
        if key in ignored or key in DECIDING or key in DESCRIBING:
            continue
        if key in CHANNELS:
            deciding[key] = "publish: {channels: […]}"
        elif key not in KNOWN:
            if meant := _meant(key, DECIDING):
                deciding[key] = meant
            elif meant := _meant(key, DESCRIBING):
                describing[key] = meant
    return deciding, describing


def _meant(key: str, known: Iterable[str]) -> str:
    return next((name for name in known if len(name) > 2 and is_near(key, name)), "")


def is_near(one: str, other: str) -> bool:
    """Whether one letter too many, too few, wrong, or two that changed places are all that lies
    between them."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    if len(one) == len(other):
        different = [at for at in range(len(one)) if one[at] != other[at]]
        if len(different) == 1:
            return True
        if len(different) != 2 or different[1] != different[0] + 1:
            return False
        first, second = different
        return one[first] == other[second] and one[second] == other[first]
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return any(longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer)))
