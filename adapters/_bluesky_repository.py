"""The account's own repository: records, put under names of ours, read back, deleted.

https://docs.bsky.app/docs/api/com-atproto-repo-put-record and its neighbours (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from publisher.adapter import Picture, Upload
from publisher.errors import Refused, Unknown

from ._bluesky_names import Address, address_in
from ._bluesky_session import Account, name_of

PUT, DELETE = "com.atproto.repo.putRecord", "com.atproto.repo.deleteRecord"
GET, UPLOAD = "com.atproto.repo.getRecord", "com.atproto.repo.uploadBlob"


class Taken(Refused):
    """Another record is there than the one that was to be replaced, or one where none was to be."""


class Repository:
    def __init__(self, account: Account) -> None:
        self.account = account

    @property
    def did(self) -> str:
        return self.account.tokens.did

    def put(
        self, collection: str, key: str, record: Mapping[str, Any], *, instead_of: str | None = None
    ) -> dict[str, Any]:
        """Its "uri" and "cid". It is taken where nothing is there, or the very same, or the record
        whose cid is `instead_of`. Raises Taken where another is; NotSent, Refused, Unknown."""
        body = {
            "repo": self.did,
            "collection": collection,
            "rkey": key,
            "record": record,
            "swapRecord": instead_of,  # left out, whatever is there would be overwritten
        }
        try:
            made = self.account.post(PUT, json=body)
        except Refused as error:
            if name_of(error) == "InvalidSwap":
                raise Taken(error.message, status=error.status) from None
            raise
        if not isinstance(made, dict) or not made.get("uri") or not made.get("cid"):
            raise Unknown("the server answered without an address")
        return made

    def delete(self, collection: str, key: str, cid: str) -> None:
        """Raises Taken where another record is there than that with this cid. One that is gone
        already is no error."""
        body = {"repo": self.did, "collection": collection, "rkey": key, "swapRecord": cid}
        try:
            self.account.post(DELETE, json=body)
        except Refused as error:
            if name_of(error) == "InvalidSwap":
                raise Taken(error.message, status=error.status) from None
            raise

    def read(self, collection: str, key: str) -> dict[str, Any] | None:
        """Its "uri", "cid" and "value"; None where nothing is there."""
        try:
            there = self.account.get(GET, repo=self.did, collection=collection, rkey=key)
        except Refused as error:
            if name_of(error) == "RecordNotFound":
                return None
            raise
        if not isinstance(there, dict) or not isinstance(there.get("value"), dict):
            raise Unknown("the server answered without a record")
        return there

    def upload(self, picture: Picture, data: bytes) -> Upload:
        made = self.account.post(UPLOAD, data=data, headers={"Content-Type": picture.kind})
        try:
            blob = made["blob"]
            return Upload(f"{blob['ref']['$link']} {blob['mimeType']} {int(blob['size'])}")
        except (KeyError, TypeError, ValueError):
            raise Unknown("the server answered without a picture's id") from None

    def own_key(self, id: str) -> str:
        """The key of a record of this account. Raises Refused for one of another's."""
        address, tokens = address_in(id), self.account.tokens
        if address is None:
            hint = "say it: publish resolve … --sent URL"
            raise Refused(f"{id!r} is no post's address", hint=hint)
        owner = address.authority
        if owner not in (tokens.did, tokens.handle) and (
            owner.startswith("did:") or self.account.did_of(owner) != tokens.did
        ):
            raise Refused(
                f"it is a post of {owner}, and this account is {tokens.handle}",
                hint="check `identifier`",
            )
        return address.key

    def address(self, collection: str, key: str) -> str:
        return str(Address(self.did, collection, key))
