"""A post's own picture, by the keys of front matter that generators and their themes use for it.

Hugo's `images` and PaperMod's `cover`, Jekyll's Minimal Mistakes (`header.image`), Astro's starter
(`heroImage`), Ghost's `feature_image`, Hexo's and Docusaurus's themes (their documentation, read
2026-11).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from publisher.post.pictures import Places, Reference, cover_of

OWN = ("image", "cover")
"""What is written for `publish` as much as for the site: a file that isn't there is an error."""
THEIRS = (
    "coverimage", "cover_image", "heroimage", "hero_image", "featuredimage", "featured_image", "featureimage",
    "feature_image", "ogimage", "og_image", "social_image", "thumbnail", "banner", "images",
)  # fmt: skip
"""What is written for a theme, which may look for it in places of its own: what isn't found is left
out, and said."""
ALTS = (
    "image_alt",
    "imagealt",
    "cover_alt",
    "coveralt",
    "hero_alt",
    "heroalt",
    "heroimagealt",
    "alt",
)


@dataclass(frozen=True, slots=True)
class Cover:
    """The picture, and its key; or a note why there is none."""

    picture: Reference | None = None
    key: str = ""
    note: str = ""


def cover_in(places: Places, data: Mapping[str, Any], line: Callable[[str], int | None]) -> Cover:
    """The first picture that the front matter names. `line` says where a key stands."""
    for key in OWN:
        if data.get(key) and (found := cover_of(places, data[key], line(key))):
            return Cover(_described(found, key, data), key)
    header = data.get("header")
    theirs = {key: data.get(key) for key in THEIRS}
    theirs["header"] = header.get("image") if isinstance(header, Mapping) else None
    for key, value in theirs.items():
        first = value[0] if isinstance(value, list) and value else value
        found = cover_of(places, first, line(key)) if first else None
        if found is None:
            continue
        if found.file is None and _is_of_the_site(found, places):
            return Cover(
                note=f"the picture of {key} is left out: {found.src} isn't among the files"
            )
        return Cover(_described(found, key, data), key)
    return Cover()


def _is_of_the_site(picture: Reference, places: Places) -> bool:
    """Whether it would have to be one of the site's files: it may be made by its theme, in another
    size and under another name."""
    base = places.base_url.rstrip("/")
    return not picture.address or bool(base and picture.address.startswith(f"{base}/"))


def _described(picture: Reference, key: str, data: Mapping[str, Any]) -> Reference:
    """With the text that stands beside it under a key of its own."""
    names = (f"{key}_alt", f"{key}alt", *ALTS)
    texts = [data[name] for name in names if isinstance(data.get(name), str) and data[name].strip()]
    return (
        replace(picture, alt=" ".join(texts[0].split())) if texts and not picture.alt else picture
    )
