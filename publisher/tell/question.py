"""The one question before anything is sent: it can't be taken back."""

from __future__ import annotations

from collections.abc import Sequence

from publisher.delivery.left_alone import LEFT_ALONE
from publisher.delivery.result import Result
from publisher.errors import Declined, UsageError
from publisher.tell import terminal
from publisher.tell.console import Console

MANY = 3
"""A run that would create more posts than this asks first; who names more of them means a folder."""


def agree(results: Sequence[Result], console: Console) -> None:
    """Show the plan and ask once, where there is somebody to ask: it can't be taken back. Raises
    Declined where the answer is no; UsageError where nobody is there, and it is much."""
    sending = [result for result in results if result.status == "planned"]
    if not sending:
        return
    if not console.interactive():
        created = len({result.delivery.key for result in sending if result.delivery.fresh})
        if created > MANY:
            hint = (
                "name those you mean; an archive is marked by publish adopt --all FOLDER, or left"
                ' alone by since = "…" or a smaller max_age below [site]; if you mean them all, say'
                " --yes"
            )
            raise UsageError(f"this would send {created} new posts", hint=hint)
        return
    for result in results:
        if result.delivery.post.whole and result.reason not in LEFT_ALONE:
            console.err(terminal.plan(result, console))
    names = ", ".join(dict.fromkeys(_to_whom(result) for result in sending))
    many = len({result.delivery.key for result in sending})
    what = f"{many} posts" if many > 1 else "this"
    cost = sum(result.delivery.cost for result in sending)
    price = f", for about ${cost:.3f}" if cost else ""
    if not console.ask(f"Send {what} to {names}{price}?"):
        raise Declined("nothing was sent", hint="run again when it is as you want it")


def _to_whom(result: Result) -> str:
    people = terminal.people(result)
    return f"{result.delivery.channel} ({people})" if people else result.delivery.channel
