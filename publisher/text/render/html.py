"""Clean HTML for email, from the tree: only what a mail reader shows and nobody can misuse."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

from publisher.text.tree import VOID, Element

_ELEMENTS = frozenset(
    "a abbr address article aside b bdi bdo blockquote br caption center cite code col colgroup dd del details dfn div"
    " dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark menu ol p pre q rp"
    " rt ruby s samp section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul"
    " var".split()
)
_ANYWHERE = frozenset(("title", "lang", "dir"))
_OWN: dict[str, frozenset[str]] = {
    "a": frozenset(("href", "id", "name")),
    "img": frozenset(("src", "alt", "width", "height")),
    "ol": frozenset(("start", "reversed", "type")),
    "li": frozenset(("value", "id")),
    "sup": frozenset(("id",)),
    "td": frozenset(("colspan", "rowspan", "align", "valign")),
    "th": frozenset(("colspan", "rowspan", "align", "valign", "scope")),
    "col": frozenset(("span",)),
    "colgroup": frozenset(("span",)),
    "blockquote": frozenset(("cite",)),
    "q": frozenset(("cite",)),
    "time": frozenset(("datetime",)),
    "details": frozenset(("open",)),
    **{f"h{level}": frozenset(("id", "align")) for level in range(1, 7)},
    "p": frozenset(("align",)),
    "div": frozenset(("align",)),
    "table": frozenset(("align",)),
}
_ATTRIBUTES = {name: own | _ANYWHERE for name, own in _OWN.items()}
_ADDRESSES = frozenset(("href", "src", "cite"))
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_ALLOWED = frozenset(("http", "https", "mailto", "tel", "cid"))
_IGNORED = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_ALIGNED = re.compile(r"text-align\s*:\s*(left|right|center)", re.IGNORECASE)
"""How Markdown's tables say it; what is put onto each cell otherwise must not undo it."""
_BAD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


Images = Mapping[str, Mapping[str, str]]
"""What to say of an image, by its `src`: another one, its width and height."""


def html(root: Element, images: Images | None = None) -> str:
    """The elements below `root` as well-formed HTML without comments, scripts, styles, events or
    odd addresses.

    Kept are http, https, mailto, tel and cid addresses, and those within the page; an element that
    isn't known gives way to what is in it, an image without an address to nothing. An image's own
    width and height stay.
    """
    pieces: list[str] = []
    _write(root, pieces, images or {})
    return _BAD.sub("", "".join(pieces))


def _write(element: Element, pieces: list[str], images: Images) -> None:
    for child in element.children:
        if isinstance(child, str):
            pieces.append(escape(child, quote=False))
        elif child.name not in _ELEMENTS:
            _write(child, pieces, images)
        else:
            attrs = _attributes(child, images) if child.attrs else {}
            if child.name == "img" and "src" not in attrs:
                pieces.append(escape(child.attrs.get("alt", ""), quote=False))
                continue
            given = "".join(f' {name}="{escape(value)}"' for name, value in attrs.items())
            # What is too wide for a telephone can be moved there; the rest of the mail stays.
            is_table = child.name == "table"
            pieces.append(
                f'<div class="scroll"><table{given}>' if is_table else f"<{child.name}{given}>"
            )
            if child.name in VOID:
                continue
            if child.name == "pre" and child.children and str(child.children[0]).startswith("\n"):
                pieces.append("\n")  # a reader drops the first line break after <pre>
            _write(child, pieces, images)
            pieces.append("</table></div>" if is_table else f"</{child.name}>")


def _attributes(element: Element, images: Images) -> dict[str, str]:
    known = _ATTRIBUTES.get(element.name, _ANYWHERE)
    kept = {}
    given: Mapping[str, str] = element.attrs
    if element.name == "img" and (ours := images.get(element.attrs.get("src", ""))):
        sized = {"width", "height"} & set(given)
        given = {
            **given,
            **{name: value for name, value in ours.items() if name == "src" or not sized},
        }
    aligned = _ALIGNED.search(given.get("style", "")) if element.name in ("td", "th") else None
    if aligned:
        kept["style"] = f"text-align: {aligned[1].lower()}"
    for name, value in given.items():
        if name not in known:
            continue
        if name in _ADDRESSES:
            if not _is_safe(value, page=name == "href"):
                continue
            value = value.strip()
        kept[name] = value
    if element.name == "img":
        kept.setdefault("alt", "")
    return kept


def _is_safe(address: str, *, page: bool) -> bool:
    """Does this lead where a mail reader may go? `page`: "#note" too."""
    bare = _IGNORED.sub("", address)
    if bare.startswith("#"):
        return page
    scheme = _SCHEME.match(bare)
    return scheme is not None and scheme[1].lower() in _ALLOWED
