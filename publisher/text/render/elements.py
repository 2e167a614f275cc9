"""What an element means to somebody who reads: small questions that every rendering asks of the
tree."""

from __future__ import annotations

import re
import unicodedata

from publisher.text.tree import COMMENT, Element, text_of

HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
LISTS = frozenset(("ul", "ol", "menu", "dir"))
BLOCKS = (
    frozenset(
        "div section article main header footer aside address center figure details fieldset hgroup search".split()
    )
    | frozenset(
        "dl body nav form p pre blockquote hr table figcaption summary dt dd li legend caption".split()
    )
    | HEADINGS
    | LISTS
)
_CODE_LANGUAGE = re.compile(r"(?:language-|lang-|highlight-source-)([\w+#.-]+)")
_LABEL = re.compile(
    r"(?:note|nota|nb|n\.b\.|ps|p\.-?s\.|p\.\s?s\.|warning|caution|attention|avertissement|important|tip|astuce|hint|info|update"
    r"|edit|tl;dr|remarque|mise à jour|rappel|disclaimer"
    r"|注意|注|提示|说明|更新|補足|追記|ملاحظة|تنبيه|تحذير|تحديث)"
    r"[\s\u00a0\u202f]*[:：]",
    re.IGNORECASE,
)
_FILE_NAME = re.compile(
    r"[\w.%-]+\.(?:png|jpe?g|gif|webp|avif|svg|heic)|[a-z0-9]+(?:[-_][a-z0-9]+)+", re.IGNORECASE
)
_IMAGE_FILE = re.compile(r"\.(?:png|jpe?g|gif|webp|avif|svg|heic)(?:[?#]|$)", re.IGNORECASE)


def is_thread(comment: Element) -> bool:
    """`<!-- thread -->`: the author wants a new part of a thread here."""
    return comment.name == COMMENT and comment.attrs.get("data", "").strip().lower() == "thread"


def is_block(element: Element) -> bool:
    """Does this stand on lines of its own? So does a <span> or <ins> around something that does; a
    link doesn't."""
    if element.name in BLOCKS:
        return True
    return element.name not in ("a", COMMENT) and _holds_block(element)


def _holds_block(element: Element) -> bool:
    return any(
        isinstance(child, Element) and (child.name in BLOCKS or _holds_block(child))
        for child in element.children
    )


def is_notes(element: Element) -> bool:
    """A list of footnotes, as Python-Markdown, Hugo, Jekyll and GitHub write them."""
    first = next(
        (child for child in element.children if isinstance(child, Element) and child.name == "li"),
        None,
    )
    return (
        element.name == "ol"
        and first is not None
        and bool(re.match(r"(?:user-content-)?fn\W?", first.attrs.get("id", "")))
    )


def is_callout(quotation: Element) -> bool:
    """A remark set as a quotation: it begins with a symbol, or with a bold or well-known label and
    a colon."""
    words = text_of(quotation).strip()
    if not words or unicodedata.category(words[0]) in ("So", "Sm") or _LABEL.match(words):
        return True
    for element in quotation.walk():
        if element.name not in ("strong", "b"):
            continue
        label = text_of(element).strip()
        rest = words[len(label) :].lstrip(" \u00a0\u202f")
        return (
            words.startswith(label)
            and len(label) <= 60
            and (label.endswith((":", "：")) or rest.startswith((":", "：")))
        )
    return False


def code_of(block: Element) -> str:
    """The lines of a code block, without the line break at the end."""
    return text_of(block).replace("\r\n", "\n").strip("\n").expandtabs(4)


def language_of(block: Element) -> str:
    """The language a code block says it is in: "python"."""
    for element in block.walk():
        if found := _CODE_LANGUAGE.search(element.attrs.get("class", "")):
            return found[1]
        if language := element.attrs.get("data-lang", ""):
            return language
    return ""


def start_of(numbered: Element) -> int | None:
    """The first number of an ordered list; None for an unordered one."""
    if numbered.name != "ol":
        return None
    start = whole_number(numbered.attrs.get("start", ""))
    if start is None and "reversed" in numbered.attrs:
        return sum(isinstance(child, Element) and child.name == "li" for child in numbered.children)
    return 1 if start is None else start


def whole_number(value: str) -> int | None:
    return int(value) if re.fullmatch(r"-?[0-9]{1,9}", value.strip()) else None


def only_images(paragraph: Element) -> list[Element]:
    """The images of a paragraph that holds nothing else; one inside a link counts where that leads
    to an image."""
    images: list[Element] = []
    for child in paragraph.children:
        if isinstance(child, str):
            if child.strip():
                return []
        elif child.name == "img":
            images.append(child)
        elif child.name == "a" and is_image_file(child.attrs.get("href", "")):
            inner = only_images(child)
            if not inner:
                return []
            images += inner
        elif child.name != "br":
            return []
    return images


def is_file_name(words: str) -> bool:
    """Whether what stands for an image's text is the name of its file."""
    return _FILE_NAME.fullmatch(words) is not None


def is_image_file(address: str) -> bool:
    return bool(_IMAGE_FILE.search(address))
