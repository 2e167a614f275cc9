"""What can be said in a section `[channels.bluesky]`, and for one post."""

from __future__ import annotations

import re

from publisher.adapter import Option
from publisher.hosts import check_url

from ._bluesky_names import DID, HANDLE

SERVER = "https://bsky.social"


def wrong_identifier(value: str) -> str | None:
    name = value.removeprefix("@")
    if re.fullmatch(f"{HANDLE}|{DID}", name) and "@" not in name:
        return None
    return "is neither a handle (lamp.bsky.social) nor a DID (did:plc:…)"


OPTIONS = (
    Option(
        "api_base_url",
        "text",
        f"your account's server: {SERVER}",
        required=True,
        check=check_url,
        leads=True,
    ),
    Option(
        "identifier",
        "text",
        "your handle (lamp.bsky.social) or DID",
        required=True,
        check=wrong_identifier,
    ),
    Option(
        "app_password",
        "text",
        "Settings → Privacy and security → App passwords",
        required=True,
        secret=True,
    ),
    Option(
        "embed",
        "text",
        "what stands below the text; a card where the post has an address and no pictures but"
        " its cover, if not given",
        in_post=True,
        choices=("card", "pictures", "nothing"),
    ),
    Option(
        "language",
        "text",
        "the post's language (en, fr, …); its front matter's, if not given",
        in_post=True,
    ),
    Option(
        "publication_url",
        "text",
        "your site, to be a publication of standard.site, and each post's page a document of it",
        check=check_url,
    ),
    Option("publication_name", "text", "what it is called; its host, if not given"),
    Option(
        "edit",
        "text",
        "what becomes of a post that was edited: it stays, or is deleted and posted anew at the"
        " same address",
        choices=("keep", "replace"),
    ),
)
