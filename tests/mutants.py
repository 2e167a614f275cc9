"""Adapters with one mistake each. The contract suite has to see every one of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from publisher.adapter import (
    Adapter,
    Attempt,
    Facts,
    Message,
    Payload,
    Picture,
    Receipt,
    Rule,
    Upload,
)
from publisher.errors import DeliveryError, NotSent, Unknown

Kind = type[Adapter]
Mutant = Callable[[Kind], Kind | None]
"""None: this adapter can't have that mistake."""


def counts_half(kind: Kind) -> Kind:
    class Mutated(kind):  # type: ignore[misc, valid-type]
        def rule(self, options: Mapping[str, Any], facts: Facts) -> Rule:
            rule: Rule = super().rule(options, facts)
            return replace(rule, count=lambda text: rule.count(text) // 2)

    return Mutated


def counts_bytes(kind: Kind) -> Kind:
    class Mutated(kind):  # type: ignore[misc, valid-type]
        def rule(self, options: Mapping[str, Any], facts: Facts) -> Rule:
            rule: Rule = super().rule(options, facts)
            return replace(rule, count=lambda text: len(text.encode()))

    return Mutated


def counts_code_points(kind: Kind) -> Kind:
    class Mutated(kind):  # type: ignore[misc, valid-type]
        def rule(self, options: Mapping[str, Any], facts: Facts) -> Rule:
            rule: Rule = super().rule(options, facts)
            return replace(rule, count=len)

    return Mutated


def ignores_the_users_limit(kind: Kind) -> Kind:
    class Mutated(kind):  # type: ignore[misc, valid-type]
        def rule(self, options: Mapping[str, Any], facts: Facts) -> Rule:
            rest = {name: value for name, value in options.items() if name != "max_characters"}
            rule: Rule = super().rule(rest, facts)
            return rule

    return Mutated


def cuts_the_text(kind: Kind) -> Kind:
    class Mutated(kind):  # type: ignore[misc, valid-type]
        def payload(self, message: Message, index: int) -> Payload:
            parts = tuple(replace(part, text=part.text[:-1]) for part in message.parts)
            payload: Payload = super().payload(replace(message, parts=parts), index)
            return payload

    return Mutated


def looks_at_the_clock(kind: Kind) -> Kind:
    class Mutated(kind):  # type: ignore[misc, valid-type]
        def payload(self, message: Message, index: int) -> Payload:
            return {**super().payload(message, index), "made": time.time_ns()}

    return Mutated


def writes_a_secret_down(kind: Kind) -> Kind:
    class Mutated(kind):  # type: ignore[misc, valid-type]
        def payload(self, message: Message, index: int) -> Payload:
            return {**super().payload(message, index), "token": "".join(self.secrets.values())}

    return Mutated


def tells_a_secret(kind: Kind) -> Kind:
    class Mutated(kind):  # type: ignore[misc, valid-type]
        def send(self, payload: Payload, attempt: Attempt) -> Receipt:
            try:
                receipt: Receipt = super().send(payload, attempt)
            except DeliveryError as error:
                error.message += f" (with {next(iter(self.secrets.values()))})"
                raise
            return receipt

    return Mutated


def takes_unknown_for_not_sent(kind: Kind) -> Kind:
    class Mutated(kind):  # type: ignore[misc, valid-type]
        def send(self, payload: Payload, attempt: Attempt) -> Receipt:
            try:
                receipt: Receipt = super().send(payload, attempt)
            except Unknown as error:
                raise NotSent(error.message) from None
            return receipt

    return Mutated


def takes_unknown_for_sent(kind: Kind) -> Kind:
    class Mutated(kind):  # type: ignore[misc, valid-type]
        def send(self, payload: Payload, attempt: Attempt) -> Receipt:
            try:
                receipt: Receipt = super().send(payload, attempt)
            except Unknown:
                return Receipt("1")
            return receipt

    return Mutated


def forgets_how_long_to_wait(kind: Kind) -> Kind:
    class Mutated(kind):  # type: ignore[misc, valid-type]
        def send(self, payload: Payload, attempt: Attempt) -> Receipt:
            try:
                receipt: Receipt = super().send(payload, attempt)
            except NotSent as error:
                error.retry_after = None
                raise
            return receipt

    return Mutated


def sends_twice(kind: Kind) -> Kind:
    class Mutated(kind):  # type: ignore[misc, valid-type]
        def send(self, payload: Payload, attempt: Attempt) -> Receipt:
            other = replace(attempt, key=f"{attempt.key[:-1]}0")
            if self.drafts:
                other = replace(other, draft=self.draft(payload, other).id)
            super().send(payload, other)
            receipt: Receipt = super().send(payload, attempt)
            return receipt

    return Mutated


def loses_the_key(kind: Kind) -> Kind | None:
    class Mutated(kind):  # type: ignore[misc, valid-type]
        def draft(self, payload: Payload, attempt: Attempt) -> Any:
            return super().draft(payload, _with_another_key(attempt))

        def send(self, payload: Payload, attempt: Attempt) -> Receipt:
            attempt = _with_another_key(attempt)
            if self.drafts:
                attempt = replace(attempt, draft=self.draft(payload, attempt).id)
            receipt: Receipt = super().send(payload, attempt)
            return receipt

    return Mutated


def _with_another_key(attempt: Attempt) -> Attempt:
    return replace(attempt, key=f"{time.time_ns():040x}")


def forgets_its_id(kind: Kind) -> Kind:
    class Mutated(kind):  # type: ignore[misc, valid-type]
        def send(self, payload: Payload, attempt: Attempt) -> Receipt:
            receipt: Receipt = super().send(payload, attempt)
            return replace(receipt, id=None)

    return Mutated


def forgets_the_part_before(kind: Kind) -> Kind | None:
    if not kind.replies or kind.has_recipients():
        return None

    class Mutated(kind):  # type: ignore[misc, valid-type]
        def send(self, payload: Payload, attempt: Attempt) -> Receipt:
            receipt: Receipt = super().send(payload, replace(attempt, reply_to=None))
            return receipt

    return Mutated


def finds_nothing(kind: Kind) -> Kind | None:
    if kind.find is Adapter.find:
        return None

    class Mutated(kind):  # type: ignore[misc, valid-type]
        def find(self, payload: Payload, attempt: Attempt, since: datetime) -> Receipt | None:
            super().find(payload, attempt, since)
            return None

    return Mutated


def finds_anything(kind: Kind) -> Kind | None:
    if kind.find is Adapter.find:
        return None

    class Mutated(kind):  # type: ignore[misc, valid-type]
        last: Receipt | None = None

        def send(self, payload: Payload, attempt: Attempt) -> Receipt:
            receipt: Receipt = super().send(payload, attempt)
            self.last = receipt
            return receipt

        def find(self, payload: Payload, attempt: Attempt, since: datetime) -> Receipt | None:
            super().find(payload, attempt, since)
            return self.last

    return Mutated


def posts_when_it_checks(kind: Kind) -> Kind:
    class Mutated(kind):  # type: ignore[misc, valid-type]
        def check(self) -> str:
            from publisher.testing import AdapterContract

            suite: Any = type("Suite", (AdapterContract,), {"adapter": self.name})()
            suite.recipient = "ada@example.org" if self.has_recipients() else ""
            payload = self.payload(suite.message(self), 0)
            suite.send(self, payload, suite.attempt())
            return str(super().check())

    return Mutated


def edits_nothing(kind: Kind) -> Kind | None:
    if not kind.edits:
        return None

    class Mutated(kind):  # type: ignore[misc, valid-type]
        def update(self, payload: Payload, attempt: Attempt) -> Receipt:
            return Receipt(attempt.remote_id)

    return Mutated


def trusts_what_stands(kind: Kind) -> Kind | None:
    if not kind.edits:
        return None

    class Mutated(kind):  # type: ignore[misc, valid-type]
        def stands(self, payload: Payload, attempt: Attempt) -> bool:
            return True

    return Mutated


def deletes_nothing(kind: Kind) -> Kind | None:
    if not kind.deletes:
        return None

    class Mutated(kind):  # type: ignore[misc, valid-type]
        def delete(self, payload: Payload, attempt: Attempt) -> None:
            return None

    return Mutated


def mixes_the_pictures(kind: Kind) -> Kind | None:
    return _with_other_pictures(kind, lambda pictures: pictures[::-1])


def loses_a_picture(kind: Kind) -> Kind | None:
    return _with_other_pictures(kind, lambda pictures: pictures[:1])


def loses_the_alt_texts(kind: Kind) -> Kind | None:
    def silent(pictures: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(replace(picture, alt="") for picture in pictures)

    return _with_other_pictures(kind, silent)


def _with_other_pictures(kind: Kind, change: Callable[[Any], Any]) -> Kind | None:
    if kind.pictures is Adapter.pictures or kind.has_recipients():
        return None  # a mail's HTML says which picture is where

    class Mutated(kind):  # type: ignore[misc, valid-type]
        def payload(self, message: Message, index: int) -> Payload:
            message = replace(message, pictures=change(message.pictures))
            payload: Payload = super().payload(message, index)
            return payload

        def upload(self, picture: Picture, data: bytes) -> Upload:
            uploaded: Upload = super().upload(change((picture,))[0], data)
            return uploaded

    return Mutated


MUTANTS: tuple[Mutant, ...] = (
    counts_half,
    counts_bytes,
    counts_code_points,
    ignores_the_users_limit,
    cuts_the_text,
    looks_at_the_clock,
    writes_a_secret_down,
    tells_a_secret,
    takes_unknown_for_not_sent,
    takes_unknown_for_sent,
    forgets_how_long_to_wait,
    sends_twice,
    loses_the_key,
    forgets_its_id,
    forgets_the_part_before,
    finds_nothing,
    finds_anything,
    posts_when_it_checks,
    edits_nothing,
    trusts_what_stands,
    deletes_nothing,
    mixes_the_pictures,
    loses_a_picture,
    loses_the_alt_texts,
)
