"""What X checks in a request, how it says so, and how it gives a text back."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from typing import Any

from publisher.sandbox.platform import Stop
from publisher.sandbox.web import Answer, Request, as_json

USER_ID = "1587654321098765432"
USERNAME = "demo"
PROBLEMS = "https://api.x.com/2/problems/"

NUMBER = re.compile(r"[0-9]{1,19}")
BOOLEANS = (
    "for_super_followers_only",
    "made_with_ai",
    "nullcast",
    "paid_partnership",
    "share_with_followers",
)
TEXTS = ("text", "card_uri", "community_id", "direct_message_deep_link", "quote_tweet_id")
REPLY_SETTINGS = ("following", "mentionedUsers", "subscribers", "verified")
OBJECTS: dict[str, tuple[str, ...]] = {
    "reply": ("in_reply_to_tweet_id", "exclude_reply_user_ids", "auto_populate_reply_metadata"),
    "media": (
        "media_ids",
        "tagged_user_ids",
        "preview_media_id",
        "title",
        "description",
        "embeddable",
        "call_to_actions",
    ),
    "poll": ("options", "duration_minutes", "reply_settings"),
    "edit_options": ("previous_post_id",),
    "geo": ("place_id",),
}


def problem(status: int, title: str, detail: str, **more: object) -> Answer:
    body = {"title": title, "detail": detail, "type": "about:blank", "status": status, **more}
    return as_json(status, body, kind="application/problem+json")


def forbidden(detail: str) -> Answer:
    return problem(403, "Forbidden", detail)


def invalid(message: str, **parameters: object) -> Answer:
    return as_json(
        400,
        {
            "errors": [{"parameters": parameters, "message": message}],
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": PROBLEMS + "invalid-request",
        },
        kind="application/problem+json",
    )


def missing(kind: str, value: str, parameter: str) -> dict[str, Any]:
    return {
        "value": value,
        "detail": f"Could not find {kind} with {parameter}: [{value}].",
        "title": "Not Found Error",
        "resource_type": kind,
        "parameter": parameter,
        "resource_id": value,
        "type": PROBLEMS + "resource-not-found",
    }


def body_of(request: Request) -> dict[str, Any]:
    try:
        given = request.json()
    except ValueError:
        given = None
    if request.content_type != "application/json" or not isinstance(given, dict):
        raise Stop(invalid("The body of the request is not a JSON object"))
    return given


def checked(request: Request) -> dict[str, Any]:
    """The body of POST /2/tweets, held to the description's CreatePostsRequest."""
    given = body_of(request)
    for name, value in given.items():
        if name in OBJECTS:
            right = isinstance(value, dict)
            for key in value if isinstance(value, dict) else ():
                if key not in OBJECTS[name]:
                    raise Stop(_undefined(f"$.{name}.{key}"))
        elif name in TEXTS:
            right = isinstance(value, str)
        elif name in BOOLEANS:
            right = isinstance(value, bool)
        elif name == "reply_settings":
            right = value in REPLY_SETTINGS
        else:
            raise Stop(_undefined(f"$.{name}"))
        if not right:
            raise Stop(invalid(f"$.{name}: has a value that is not allowed"))
    media = given.get("media", {}).get("media_ids", [])
    ids = [given["reply"].get("in_reply_to_tweet_id")] if "reply" in given else []
    if not isinstance(media, list) or len(media) > 4 or ("media" in given and not media):
        raise Stop(invalid("$.media.media_ids: there must be 1 to 4 items in the array"))
    if any(
        not isinstance(number, str) or not NUMBER.fullmatch(number) for number in [*media, *ids]
    ):
        raise Stop(invalid("an id does not match the regex pattern ^[0-9]{1,19}$"))
    return given


def _undefined(where: str) -> Answer:
    return invalid(
        f"{where}: is not defined in the schema and the schema does not allow additional properties"
    )


def fields_of(request: Request) -> set[str]:
    """By the older name, which clients use, or by the newer."""
    return set(request.argument("tweet.fields", request.argument("post.fields")).split(","))


def time_in(request: Request, name: str) -> datetime | None:
    given = request.argument(name)
    if not given:
        return None
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", given):
        raise Stop(
            invalid(
                f"The `{name}` query parameter value [{given}] is not a valid RFC3339 timestamp"
            )
        )
    try:
        return datetime.fromisoformat(given[:19]).replace(tzinfo=UTC)
    except ValueError:
        raise Stop(invalid(f"The `{name}` query parameter value [{given}] is no time")) from None


def shortened(text: str, post_id: str, picture: str = "") -> tuple[str, list[dict[str, Any]]]:
    """The text as X gives it back, HTML-escaped and with t.co addresses, and entities.urls (code
    points).

    What is attached is shown by one more address at the end, which leads to `picture`.
    """
    from publisher.text.measure.entities import twitter_urls

    out, urls, at = "", [], 0
    for number, span in enumerate(twitter_urls(text)):
        out += html.escape(text[at : span.start], quote=False)
        url = text[span.start : span.end]
        full = url if re.match(r"https?://", url, re.IGNORECASE) else f"http://{url}"
        short = f"https://t.co/{_base36(int(post_id) * 97 + number)[-10:]}"
        shown = re.sub(r"(?i)^https?://(www\.)?", "", full)
        urls.append(
            {
                "start": len(out),
                "end": len(out) + len(short),
                "url": short,
                "expanded_url": full,
                "display_url": shown if len(shown) <= 27 else shown[:26] + "…",
            }
        )
        out += short
        at = span.end
    out += html.escape(text[at:], quote=False)
    if picture:
        short, display = (
            f"https://t.co/{_base36(int(post_id) * 97 + 96)[-10:]}",
            f"pic.x.com/{_base36(int(post_id))[-10:]}",
        )
        out += f" {short}"
        urls.append(
            {
                "start": len(out) - len(short),
                "end": len(out),
                "url": short,
                "expanded_url": picture,
                "display_url": display,
            }
        )
    return out, urls


def _base36(number: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    out = ""
    while number:
        number, digit = divmod(number, 36)
        out = digits[digit] + out
    return out
