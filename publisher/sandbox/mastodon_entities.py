"""Mastodon's JSON entities (https://docs.joinmastodon.org/entities/), and its way of reading
parameters."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

from publisher.sandbox.platform import iso
from publisher.sandbox.web import Request

if TYPE_CHECKING:
    from publisher.sandbox.mastodon import Mastodon

ACCOUNT = "109348217530000001"
USERNAME = "demo"
OPENED = "2026-01-01T00:00:00.000Z"
VERSIONS = {
    "mastodon": "4.5.2",
    "mastodon-4.2": "4.2.10",
    "mastodon-4.6": "4.6.2",
    "gotosocial": "0.20.1+git-8c1a5a6",
    "takahe": "takahe/0.11.0",
}
API_VERSIONS = {"mastodon": 7, "mastodon-4.2": 0, "mastodon-4.6": 11, "gotosocial": 7, "takahe": 0}
SOURCES = {
    "mastodon": "https://github.com/mastodon/mastodon",
    "mastodon-4.2": "https://github.com/mastodon/mastodon",
    "mastodon-4.6": "https://github.com/mastodon/mastodon",
    "gotosocial": "https://codeberg.org/superseriousbusiness/gotosocial",
    "takahe": "https://github.com/jointakahe/takahe",
}
IMAGES = (
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/heic",
    "image/heif",
    "image/webp",
    "image/avif",
)
MAGIC: tuple[tuple[bytes, tuple[str, str]], ...] = (
    (rb"\x89PNG\r\n\x1a\n", ("image", "image/png")),
    (rb"\xff\xd8\xff", ("image", "image/jpeg")),
    (rb"GIF8[79]a", ("gifv", "image/gif")),
    (rb"RIFF....WEBP", ("image", "image/webp")),
    (rb"....ftyp(avif|avis)", ("image", "image/avif")),
    (rb"....ftyp(heic|heix|mif1)", ("image", "image/heic")),
    (rb"....ftyp", ("video", "video/mp4")),
    (rb"\x1aE\xdf\xa3", ("video", "video/webm")),
)


def media_type(data: bytes) -> tuple[str, str] | None:
    """Mastodon's type and the MIME type, by the first bytes; None for what Mastodon doesn't
    take."""
    kind = next((kind for magic, kind in MAGIC if re.match(magic, data, re.DOTALL)), None)
    return ("image", "image/gif") if kind == ("gifv", "image/gif") and _stands(data) else kind


def _stands(gif: bytes) -> bool:
    """Mastodon makes a video of a GIF with more than one frame only
    (lib/paperclip/gif_transcoder.rb, v4.6.5)."""
    from PIL import Image

    try:
        with Image.open(BytesIO(gif)) as image:
            return getattr(image, "n_frames", 1) == 1
    except Exception:  # whatever Pillow raises: not a GIF that it can read
        return False


def true(value: object) -> bool:
    """As Rails reads a boolean parameter."""
    return str(value).lower() not in ("", "0", "f", "false", "off", "none")


def parameters(request: Request) -> dict[str, Any]:
    """JSON, or a form in which `name[]` makes a list."""
    if request.content_type == "application/json":
        try:
            given = request.json()
        except ValueError:
            given = None
        values = dict(given) if isinstance(given, dict) else {}
    else:
        values = {}
        for name, value in request.form():
            if name.endswith("[]"):
                values.setdefault(name.removesuffix("[]"), []).append(value)
            else:
                values[name] = value
    if "sensitive" in values:
        values["sensitive"] = values["sensitive"] is not None and true(values["sensitive"])
    if not isinstance(values.get("media_ids", []), list):
        values["media_ids"] = []
    return values


def address(server: Mastodon, post: Mapping[str, Any]) -> str:
    return f"{server.url}/@{USERNAME}/{post['id']}"


def status(server: Mastodon, post: Mapping[str, Any]) -> dict[str, Any]:
    """A Status. Mentions stay empty: there is nobody else here."""
    replies = sum(other["parent"] == post["id"] for other in server.posts.values())
    content, tags = to_html(post["text"], server.url)
    return {
        "id": post["id"],
        "created_at": iso(post["at"]),
        "in_reply_to_id": post["parent"],
        "in_reply_to_account_id": ACCOUNT if post["parent"] else None,
        "sensitive": post["sensitive"],
        "spoiler_text": post["spoiler"],
        "visibility": post["visibility"],
        "language": post["language"],
        "uri": f"{server.url}/users/{USERNAME}/statuses/{post['id']}",
        "url": address(server, post),
        "replies_count": replies,
        "reblogs_count": 0,
        "favourites_count": 0,
        "quotes_count": 0,
        "edited_at": iso(post["edited"]) if post["edited"] else None,
        "favourited": False,
        "reblogged": False,
        "muted": False,
        "bookmarked": False,
        "pinned": False,
        "content": content,
        "filtered": [],
        "reblog": None,
        "application": {"name": "announcements", "website": None},
        "account": account(server),
        "media_attachments": [
            media(server, server.files[n]) for n in post["media"] if n in server.files
        ],
        "mentions": [],
        "tags": [{"name": tag.lower(), "url": f"{server.url}/tags/{tag.lower()}"} for tag in tags],
        "emojis": [],
        "quote": None,
        "quote_approval": {"automatic": ["public"], "manual": [], "current_user": "automatic"},
        "card": None,
        "poll": None,
    }


def media(server: Mastodon, file: Mapping[str, Any]) -> dict[str, Any]:
    where = f"{server.url}/media/{file['id']}" if server.ready(file) else None
    focus = re.fullmatch(r"\s*(-?[\d.]+)\s*,\s*(-?[\d.]+)\s*", file["focus"] or "")
    return {
        "id": file["id"],
        "type": file["kind"][0],
        "url": where,
        "preview_url": where,
        "remote_url": None,
        "meta": {"focus": {"x": float(focus[1]), "y": float(focus[2])}} if focus else {},
        "description": file["description"],
        "blurhash": "UBL_:rOpGG-oBUNG,qRj2so|=eE1w^n4S5NH",
    }


def account(server: Mastodon) -> dict[str, Any]:
    picture = f"{server.url}/avatars/original/missing.png"
    last = max((post["at"] for post in server.posts.values()), default=None)
    return {
        "id": ACCOUNT,
        "username": USERNAME,
        "acct": USERNAME,
        "display_name": "The sandbox's account",
        "locked": False,
        "bot": False,
        "discoverable": True,
        "indexable": False,
        "group": False,
        "created_at": OPENED,
        "note": "<p>Nobody reads this.</p>",
        "url": f"{server.url}/@{USERNAME}",
        "uri": f"{server.url}/users/{USERNAME}",
        "avatar": picture,
        "avatar_static": picture,
        "header": picture,
        "header_static": picture,
        "followers_count": 0,
        "following_count": 0,
        "statuses_count": len(server.posts),
        "last_status_at": f"{last:%Y-%m-%d}" if last else None,
        "hide_collections": None,
        "noindex": True,
        "emojis": [],
        "roles": [],
        "fields": [],
    }


def account_source() -> dict[str, Any]:
    """What only the owner sees of an account."""
    source = {
        "privacy": "public",
        "sensitive": False,
        "language": None,
        "note": "Nobody reads this.",
        "fields": [],
        "follow_requests_count": 0,
        "hide_collections": None,
        "discoverable": True,
        "indexable": False,
        "attribution_domains": [],
        "quote_policy": "public",
    }
    role = {"id": "-99", "name": "", "permissions": "0", "color": "", "highlighted": False}
    return {"source": source, "role": role}


def application(scopes: Iterable[str]) -> dict[str, Any]:
    nowhere = "urn:ietf:wg:oauth:2.0:oob"
    return {
        "id": "1",
        "name": "announcements",
        "website": None,
        "scopes": list(scopes),
        "redirect_uri": nowhere,
        "redirect_uris": [nowhere],
        "vapid_key": "",
    }


def _configuration(server: Mastodon) -> dict[str, Any]:
    """https://docs.joinmastodon.org/entities/Instance/ has the numbers (2026-07-02)."""
    return {
        "accounts": {"max_featured_tags": 10, "max_pinned_statuses": 5},
        "statuses": {
            "max_characters": server.max_characters,
            "max_media_attachments": 4,
            "characters_reserved_per_url": 25 if server.software == "gotosocial" else 23,
        },
        "media_attachments": {
            "supported_mime_types": [*IMAGES, "video/webm", "video/mp4", "video/quicktime"],
            "description_limit": 10_000 if server.software == "mastodon-4.6" else 1_500,
            "image_size_limit": 16 * 2**20,
            "image_matrix_limit": 33_177_600,
            "video_size_limit": 99 * 2**20,
            "video_frame_rate_limit": 120,
            "video_matrix_limit": 8_294_400,
        },
        "polls": {
            "max_options": 4,
            "max_characters_per_option": 50,
            "min_expiration": 300,
            "max_expiration": 2_629_746,
        },
    }


def instance(server: Mastodon) -> dict[str, Any]:
    host = server.url.removeprefix("http://")
    extra = {
        "urls": {"streaming": f"ws://{host}", "about": f"{server.url}/about"},
        "translation": {"enabled": False},
    }
    return {
        "domain": host,
        "title": "Sandbox",
        "version": VERSIONS[server.software],
        "source_url": SOURCES[server.software],
        "description": "A Mastodon for trying things out",
        "usage": {"users": {"active_month": 1}},
        "thumbnail": {"url": f"{server.url}/thumbnail.png"},
        "icon": [],
        "languages": ["en"],
        "configuration": _configuration(server) | extra,
        "registrations": {
            "enabled": False,
            "approval_required": False,
            "message": None,
            "url": None,
        },
        "api_versions": {"mastodon": API_VERSIONS[server.software]},
        "contact": {"email": "admin@example.org", "account": None},
        "rules": [],
    }


def instance_v1(server: Mastodon) -> dict[str, Any]:
    host = server.url.removeprefix("http://")
    return {
        "uri": host,
        "title": "Sandbox",
        "short_description": "A Mastodon for trying things out",
        "description": "",
        "email": "admin@example.org",
        "version": VERSIONS[server.software],
        "urls": {"streaming_api": f"ws://{host}"},
        "stats": {"user_count": 1, "status_count": len(server.posts), "domain_count": 0},
        "thumbnail": None,
        "languages": ["en"],
        "registrations": False,
        "approval_required": False,
        "invites_enabled": False,
        "configuration": _configuration(server),
        "contact_account": None,
        "rules": [],
    }


HASHTAG = re.compile(r"(?<![\w/&])#(\w*[^\W\d_]\w*)")


def to_html(text: str, home: str) -> tuple[str, list[str]]:
    """A status' text as Mastodon shows it, and its hashtags."""
    from publisher.text.measure.entities import mastodon_urls

    out, tags, at = [], [], 0

    def words(piece: str) -> str:
        done, here = [], 0
        for tag in HASHTAG.finditer(piece):
            done.append(html.escape(piece[here : tag.start()]))
            name = tag[1]
            tags.append(name)
            where = html.escape(f"{home}/tags/{name}")
            done.append(
                f'<a href="{where}" class="mention hashtag" rel="tag">#<span>{html.escape(name)}</span></a>'
            )
            here = tag.end()
        return "".join(done) + html.escape(piece[here:])

    for span in mastodon_urls(text):
        out.append(words(text[at : span.start]))
        out.append(_link(text[span.start : span.end]))
        at = span.end
    out.append(words(text[at:]))
    if not text.strip():
        return "", []
    paragraphs = re.split(r"\n{2,}", "".join(out).strip().replace("\r\n", "\n"))
    content = "".join(
        "<p>" + paragraph.replace("\n", "<br />") + "</p>" for paragraph in paragraphs
    )
    return content, list(dict.fromkeys(tags))


def _link(url: str) -> str:
    """The protocol hidden, 30 characters shown, the rest hidden: nothing is lost to a copy."""
    prefix = re.match(r"[a-z]+://(www\.)?", url, re.IGNORECASE)
    start = len(prefix[0]) if prefix else 0
    shown, rest = url[start : start + 30], url[start + 30 :]
    cut = ' class="ellipsis"' if rest else ""
    return (
        f'<a href="{html.escape(url)}" target="_blank" rel="nofollow noopener" translate="no">'
        f'<span class="invisible">{html.escape(url[:start])}</span><span{cut}>{html.escape(shown)}</span>'
        f'<span class="invisible">{html.escape(rest)}</span></a>'
    )
