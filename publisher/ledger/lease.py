"""Who may touch a post that a branch keeps, and until when."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Holder:
    """One job. `run` is what its attempts have in common, `nonce` what it shares with nobody: two
    jobs of one workflow run are two holders."""

    run: str
    attempt: int
    nonce: str

    def replaces(self, other: Holder) -> bool:
        """Whether this is the other, or a later attempt of what the other was."""
        return other.nonce == self.nonce or (other.run == self.run and other.attempt < self.attempt)


@dataclass(frozen=True, slots=True)
class Lease:
    """`until` is aware."""

    holder: Holder
    until: datetime

    def keeps_out(self, holder: Holder, now: datetime) -> bool:
        return self.until > now and not holder.replaces(self.holder)

    def ends_within(self, time: timedelta, now: datetime) -> bool:
        return self.until - now < time

    def renewed(self, until: datetime) -> Lease:
        return replace(self, until=until)

    def as_json(self) -> dict[str, Any]:
        return {
            "lease": self.holder.run,
            "attempt": self.holder.attempt,
            "nonce": self.holder.nonce,
            "until": self.until.isoformat(),
        }


def lease_of(value: Mapping[str, Any]) -> Lease:
    """From JSON; an older version wrote neither attempt nor nonce. Raises what malformed values
    raise."""
    holder = Holder(str(value["lease"]), int(value.get("attempt", 0)), str(value.get("nonce", "")))
    until = datetime.fromisoformat(value["until"])
    if until.tzinfo is None:
        raise ValueError("a time without a zone")
    return Lease(holder, until)


def this_job(environ: Mapping[str, str] = os.environ) -> Holder:
    """The job that this process is: GitHub's by its run and attempt, GitLab's by its pipeline and
    name (a job that is retried there gets a higher id); else like no other.

    https://docs.github.com/actions/reference/workflows-and-actions/variables and
    https://docs.gitlab.com/ci/variables/predefined_variables/, read 2026-11.
    """
    nonce = secrets.token_hex(8)  # not the process: containers are all 7
    if run := environ.get("GITHUB_RUN_ID"):
        return Holder(run, _number(environ.get("GITHUB_RUN_ATTEMPT", "")), nonce)
    if pipeline := environ.get("CI_PIPELINE_ID"):
        job = environ.get("CI_JOB_NAME", "")
        return Holder(f"{pipeline} {job}", _number(environ.get("CI_JOB_ID", "")), nonce)
    return Holder(f"run {nonce}", 1, nonce)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 1
