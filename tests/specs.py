"""The platforms' own OpenAPI descriptions, as checks for what goes over the wire.

    check_request("twitter", "POST", "/2/tweets", {"text": "Hello"})
    check_answer("twitter", "POST", "/2/tweets", 201, {"data": {"id": "1", "text": "Hello"}})

Both raise AssertionError with what is wrong and where. They skip the test, visibly, where the
descriptions are missing: they lie beside the repository, in ../shared/specs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError, best_match
from referencing import Registry
from referencing.jsonschema import DRAFT202012

Channel = Literal["mastodon", "twitter", "discord"]

SPECS = Path(__file__).resolve().parents[1].parent / "shared" / "specs"
FILES: dict[Channel, str] = {
    "mastodon": "mastodon-openapi.json",
    "twitter": "x-posts-openapi.json",
    "discord": "discord-webhook-openapi.json",
}

FORM = "application/x-www-form-urlencoded"
FORMATS = FormatChecker(formats=())


@FORMATS.checks("date-time", raises=ValueError)
def _date_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@FORMATS.checks("uri", raises=ValueError)
def _uri(value: object) -> bool:
    return not isinstance(value, str) or bool(urlsplit(value).scheme)


def available(channel: Channel) -> bool:
    return (SPECS / FILES[channel]).exists()


def describes(channel: Channel, method: str, path: str) -> bool:
    """Is there such an operation in the description?"""
    try:
        _operation(channel, method, path)
    except AssertionError:
        return False
    return True


def check_answer(channel: Channel, method: str, path: str, status: int, body: Any) -> None:
    """Is this JSON body (None: there is none) what the description says such an answer is?"""
    _, where, operation = _operation(channel, method, path)
    responses = operation["responses"]
    chosen = next(
        (name for name in (str(status), f"{status // 100}XX", "default") if name in responses), None
    )
    assert chosen is not None, (
        f"{channel} describes no {status} for {method} {path}: only {', '.join(responses)}"
    )
    where += f"/responses/{chosen}"
    response = responses[chosen]
    if "$ref" in response:
        where = response["$ref"].removeprefix("#")
        response = _resolve(channel, response["$ref"])
    kinds = response.get("content", {})
    if not kinds:
        assert not body, (
            f"{channel} describes no body for {status} of {method} {path}, but there is {body!r}"
        )
        return
    # X's "default" has a body for each content type; which one applies is seen by what the body
    # looks like.
    problem = isinstance(body, dict) and "type" in body and "application/problem+json" in kinds
    kind = "application/problem+json" if problem else "application/json"
    _validate(
        channel,
        f"{where}/content/{_escape(kind)}/schema",
        body,
        f"answer {status} to {method} {path}",
    )


def check_request(
    channel: Channel,
    method: str,
    path: str,
    body: Any = None,
    *,
    query: Mapping[str, str] | None = None,
    content_type: str = "application/json",
) -> None:
    """Is this a request as described? `body` is the JSON, or a form's fields (lists for `name[]`).

    Fields and query parameters that the description doesn't know are refused too. A form's values
    are strings: they are read as the types that the description gives to its JSON twin.
    """
    item, where, operation = _operation(channel, method, path)
    places = [
        f"{where.rpartition('/')[0]}/parameters/{number}"
        for number in range(len(item.get("parameters", [])))
    ]
    places += [
        f"{where}/parameters/{number}" for number in range(len(operation.get("parameters", [])))
    ]
    known = _query_parameters(channel, places)
    for name, value in (query or {}).items():
        assert name in known, f"{channel} describes no query parameter {name!r} for {method} {path}"
        place, schema = known[name]
        given = (
            value.split(",")
            if schema.get("type") == "array"
            else _as_described(channel, schema, value)
        )
        _validate(channel, f"{place}/schema", given, f"query parameter {name} of {method} {path}")
    described = operation.get("requestBody")
    if described is None:
        assert not body, f"{channel} describes no body for {method} {path}, but there is {body!r}"
        return
    if body is None:
        assert not described.get("required"), f"{method} {path} needs a body"
        return
    kinds = described["content"]
    kind = content_type if content_type in kinds else "application/json"
    assert kind in kinds, f"{channel} describes no {content_type} for {method} {path}"
    schema = kinds[kind]["schema"]
    fields = _fields(channel, schema)
    if content_type == FORM:
        body = {
            name: _as_described(channel, fields.get(name, {}), value)
            for name, value in body.items()
        }
    unknown = set(body) - set(fields)
    assert not unknown, f"{channel} describes no {', '.join(sorted(unknown))} in {method} {path}"
    _validate(
        channel,
        f"{where}/requestBody/content/{_escape(kind)}/schema",
        body,
        f"request {method} {path}",
    )


@cache
def document(channel: Channel) -> dict[str, Any]:
    """The whole description, mended (`_mend`). Skips the test where it is missing."""
    if not available(channel):
        pytest.skip(f"the platforms' descriptions are not here: {SPECS / FILES[channel]}")
    document: dict[str, Any] = json.loads((SPECS / FILES[channel]).read_text("utf-8"))
    _mend(channel, document)
    return document


def _mend(channel: Channel, document: dict[str, Any]) -> None:
    """Where a description says what its platform doesn't do, the platform is right (all seen
    2026-11)."""
    if document["openapi"].startswith("3.0"):
        _nullable(document)
    schemas = document["components"]["schemas"]
    if channel == "discord":
        # "code" is a number at the top of an error, a word such as BASE_TYPE_MAX_LENGTH inside its
        # tree: https://docs.discord.com/developers/reference#error-messages
        schemas["Error"]["properties"]["code"]["type"] = ["integer", "string"]
        # Numbers both, but a request's attachment id is the number n of files[n].
        schemas["MessageAttachmentRequest"]["properties"]["id"] = {"type": ["integer", "string"]}
        # https://docs.discord.com/developers/topics/rate-limits: a 429 has a code only sometimes.
        schemas["RatelimitedResponse"]["allOf"][0] = {"type": "object", "required": ["message"]}
    if channel == "mastodon":
        # A status may have both text and pictures; "oneOf" would forbid it.
        content = document["paths"]["/api/v1/statuses"]["post"]["requestBody"]["content"][
            "application/json"
        ]
        content["schema"] = {"anyOf": content["schema"]["oneOf"]}
        # What isn't ready yet is shown too:
        # https://docs.joinmastodon.org/methods/media/#206-partial-content
        media = document["paths"]["/api/v1/media/{id}"]["get"]["responses"]
        media["206"]["content"] = media["200"]["content"]
    if channel == "twitter":
        # The general problem of RFC 9457, which X answers for 401, 403 and 429.
        general = {
            "type": "object",
            "required": ["type", "title", "detail", "status"],
            "properties": {"type": {"const": "about:blank"}, "status": {"type": "integer"}},
        }
        client_forbidden = {
            "type": "object",
            "required": ["type", "title", "detail", "reason"],
            "properties": {"type": {"pattern": "/problems/client-forbidden$"}},
        }
        schemas["Problem"]["oneOf"] += [general, client_forbidden]
        # The name until 2026, which tweepy 4.17 uses.
        fields = document["components"]["parameters"]["PostFieldsParameter"]
        fields["name"] = "tweet.fields"
        fields["schema"]["items"]["enum"].append("referenced_tweets")


def _nullable(node: Any) -> None:
    """OpenAPI 3.0 says "nullable" where JSON Schema says a type of "null"."""
    if isinstance(node, dict):
        if node.get("nullable") is True and isinstance(node.get("type"), str):
            node["type"] = [node["type"], "null"]
        for value in node.values():
            _nullable(value)
    elif isinstance(node, list):
        for value in node:
            _nullable(value)


def _operation(
    channel: Channel, method: str, path: str
) -> tuple[dict[str, Any], str, dict[str, Any]]:
    """The path's item, and the operation with its place in the document."""
    whole = document(channel)
    if channel == "discord":
        path = re.sub(r"^/api(/v\d+)?", "", path)
    path = path.partition("?")[0]
    for template, item in sorted(whole["paths"].items(), key=lambda pair: pair[0].count("{")):
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path) and method.lower() in item:
            where = f"/paths/{_escape(template)}/{method.lower()}"
            return item, where, item[method.lower()]
    raise AssertionError(f"{channel} describes no {method} {path}")


def _validate(channel: Channel, where: str, value: Any, what: str) -> None:
    validator = Draft202012Validator(
        {"$ref": f"urn:{channel}#{where}"}, registry=_registry(channel), format_checker=FORMATS
    )
    error: ValidationError | None = best_match(validator.iter_errors(value))
    if error is not None:
        at = "/".join(str(step) for step in error.absolute_path) or "the whole"
        raise AssertionError(f"{what} is not as {channel} describes it, at {at}: {error.message}")


@cache
def _registry(channel: Channel) -> Registry[Any]:
    empty: Registry[Any] = Registry()
    registry: Registry[Any] = empty.with_resource(
        f"urn:{channel}", DRAFT202012.create_resource(document(channel))
    )
    return registry


def _escape(step: str) -> str:
    """A step of a JSON pointer, within the fragment of a URI."""
    return step.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


def _resolve(channel: Channel, reference: str) -> dict[str, Any]:
    node: Any = document(channel)
    for step in unquote(reference).removeprefix("#").strip("/").split("/"):
        step = step.replace("~1", "/").replace("~0", "~")
        node = node[int(step)] if isinstance(node, list) else node[step]
    return dict(node)


def _resolved(channel: Channel, node: dict[str, Any]) -> dict[str, Any]:
    return _resolve(channel, node["$ref"]) if "$ref" in node else node


def _fields(channel: Channel, schema: dict[str, Any]) -> dict[str, Any]:
    """The properties of an object, through its $ref, allOf, anyOf and oneOf."""
    schema = _resolved(channel, schema)
    found = dict(schema.get("properties", {}))
    for key in ("allOf", "anyOf", "oneOf"):
        for one in schema.get(key, []):
            found |= _fields(channel, one)
    return found


def _query_parameters(channel: Channel, places: list[str]) -> dict[str, tuple[str, dict[str, Any]]]:
    """Name → where its description is, and its schema."""
    found = {}
    for place in places:
        one = _resolve(channel, place)
        if "$ref" in one:
            place = one["$ref"].removeprefix("#")
            one = _resolve(channel, place)
        if one["in"] == "query":
            found[one["name"]] = (place, _resolved(channel, one.get("schema", {})))
    return found


def _as_described(channel: Channel, schema: dict[str, Any], value: Any) -> Any:
    """A form's value as the JSON type that its field has."""
    kind = _resolved(channel, schema).get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    if "boolean" in kinds and value in ("true", "false", "1", "0", "True", "False"):
        return value in ("true", "1", "True")
    if "integer" in kinds and isinstance(value, str) and value.isdigit():
        return int(value)
    return value
