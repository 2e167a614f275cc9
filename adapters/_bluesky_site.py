"""standard.site: the site and the post's page as records, to which the post's card refers.

https://standard.site and its lexicons site.standard.publication and site.standard.document (read 2026-11).
Bluesky then shows the page's own title and the site's name on the card. That the page is the account's,
the page itself proves: it links to its document, whose address is known before anything is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from publisher.adapter import Message
from publisher.errors import NotSent, Unknown

from ._bluesky_names import key_of
from ._bluesky_record import moment
from ._bluesky_repository import Repository, Taken

PUBLICATION, DOCUMENT = "site.standard.publication", "site.standard.document"


def document_of(message: Message) -> dict[str, Any] | None:
    """What a payload says of the page; None where there is no publication that it is part of."""
    site = str(message.options.get("publication_url") or "").rstrip("/")
    path = message.url.removeprefix(site)
    if not site or not message.title or path == message.url or path[:1] not in ("/", ""):
        return None
    name = str(message.options.get("publication_name") or "") or site.partition("://")[2]
    document = {"site": site, "name": name, "path": path or "/", "title": message.title}
    if message.description:
        document["description"] = message.description
    return document


def publication_key(site: str) -> str:
    return key_of(None, f"publication {site}")


def put_site(
    wanted: Mapping[str, str], key: str, began: datetime, repository: Repository
) -> list[dict[str, str]]:
    """Puts both, the document under its post's key, and returns what the card refers to. The same
    however often it is done.

    Raises NotSent, Refused: the post itself isn't there yet, whatever becomes of these.
    """
    try:
        publication = _publication(wanted, repository)
        document = _document(wanted, key, began, publication["uri"], repository)
    except Unknown as error:
        raise NotSent(error.message, status=error.status) from None
    return [{"uri": each["uri"], "cid": each["cid"]} for each in (document, publication)]


def _publication(wanted: Mapping[str, str], repository: Repository) -> Mapping[str, Any]:
    """Put once. Whatever somebody has made of it since, its picture say, stays."""
    key = publication_key(wanted["site"])
    record = {"$type": PUBLICATION, "url": wanted["site"], "name": wanted["name"]}
    try:
        return repository.put(PUBLICATION, key, record)
    except Taken:
        there = repository.read(PUBLICATION, key)
        if there is None:
            raise
        return there


def _document(
    wanted: Mapping[str, str], key: str, began: datetime, publication: str, repository: Repository
) -> Mapping[str, Any]:
    """Edited in its place: unlike a post, nobody has answered to it."""
    record = {
        "$type": DOCUMENT,
        "site": publication,
        "path": wanted["path"],
        "title": wanted["title"],
        "publishedAt": moment(began),
    }
    if "description" in wanted:
        record["description"] = wanted["description"]
    try:
        return repository.put(DOCUMENT, key, record)
    except Taken:
        there = repository.read(DOCUMENT, key)
        if there is None:
            raise
    record["publishedAt"] = there["value"].get("publishedAt", record["publishedAt"])
    new = {**there["value"], **record}
    return repository.put(DOCUMENT, key, new, instead_of=there["cid"])


def delete_document(key: str, repository: Repository) -> None:
    """With its post. The publication stays: other documents are part of it."""
    there = repository.read(DOCUMENT, key)
    if there is not None:
        repository.delete(DOCUMENT, key, there["cid"])
