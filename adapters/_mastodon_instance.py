"""What a server says of itself, and whether it is Mastodon."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from publisher.adapter import Facts
from publisher.errors import Refused
from publisher.hosts import check_url

if TYPE_CHECKING:
    from publisher.http import Session

ALT_SINCE_4_6 = 10_000
"""Characters (app/models/media_attachment.rb, v4.6.5); the instance doesn't say it."""


def wrong_instance(address: str) -> str | None:
    wrong = check_url(address)
    if wrong:
        return wrong
    parts = urlsplit(address)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        return f"goes on after the host: write {parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return None


def instance_of(address: str, session: Session) -> Any:
    """What a server says of itself. By our own session: Mastodon.py asks with a slash at the end,
    which Takahē doesn't know and GoToSocial redirects. What has no second version has the first."""
    api = f"{address.rstrip('/')}/api"
    try:
        return session.request("GET", f"{api}/v2/instance").json()
    except Refused as error:
        if error.status != 404:
            raise
        return session.request("GET", f"{api}/v1/instance").json()


def facts_of(instance: Any) -> Facts:
    """Its limits, as the adapter's rules want them. Raises what an answer that isn't one raises."""
    configuration = instance["configuration"]
    statuses, media = configuration["statuses"], configuration.get("media_attachments") or {}
    version = str(instance["version"])
    facts: dict[str, Any] = {
        "max_characters": int(statuses["max_characters"]),
        "characters_reserved_per_url": int(statuses["characters_reserved_per_url"]),
        "version": version,
        "is_mastodon": is_mastodon(version, str(instance.get("source_url") or "")),
    }
    if statuses.get("max_media_attachments"):
        facts["max_media_attachments"] = int(statuses["max_media_attachments"])
    for name in ("image_size_limit", "image_matrix_limit", "description_limit"):
        if media.get(name):
            facts[name] = int(media[name])
    if media.get("supported_mime_types"):
        facts["supported_mime_types"] = [str(kind) for kind in media["supported_mime_types"]]
    if "description_limit" not in facts and facts["is_mastodon"] and since_4_6(version):
        facts["description_limit"] = ALT_SINCE_4_6
    return facts


def since_4_6(version: str) -> bool:
    found = re.match(r"(\d+)\.(\d+)", version)
    return found is not None and (int(found[1]), int(found[2])) >= (4, 6)


def is_mastodon(version: str, source: str) -> bool:
    """Whether a server counts as Mastodon does. GoToSocial and Takahē don't (their source, 2024 and
    2025): they say their own name in the version, or have no version of Mastodon's form."""
    names = f"{version} {source}".lower()
    if any(
        name in names
        for name in ("gotosocial", "takahe", "takahē", "pleroma", "akkoma", "pixelfed", "friendica")
    ):
        return False
    return re.match(r"\d+\.\d+\.\d+", version) is not None and int(version.split(".")[0]) >= 2
