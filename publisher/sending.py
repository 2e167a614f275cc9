"""What is planned, sent by the holder of the posts' locks, and written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from publisher.adapter import pictures_of
from publisher.delivery.plan import Delivery
from publisher.delivery.planning import Planning
from publisher.delivery.result import Result, delivered, exit_status
from publisher.delivery.stopping import Stopping, noted
from publisher.delivery.write_back import write_back
from publisher.errors import DeliveryError, PublishError, ReceiptsNotKept
from publisher.ledger.row import Row
from publisher.ledger.store import Claim, Store
from publisher.pictures.store import Store as PictureStore
from publisher.secrets import Redactor
from publisher.tell import terminal
from publisher.tell.console import Console, Progress, clean

if TYPE_CHECKING:
    from publisher.delivery.work import Outcome


HEARD = "stopping: waiting for the answers that are under way (Ctrl-C again: not even for those)"


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of what was planned.

    stopped  Ctrl-C was pressed
    errors   what was sent could not be written down where the ledger lives
    """

    results: Sequence[Result]
    stopped: bool
    errors: Sequence[PublishError] = ()

    @property
    def status(self) -> int:
        """The exit status of it."""
        if self.stopped:
            return 130
        return exit_status(self.results) or (1 if self.errors else 0)


class Sending:
    """What sending needs beside the plan.

    busy  who else holds a post, by its key
    late  which addresses have no page yet
    """

    def __init__(
        self,
        planning: Planning,
        store: Store,
        redact: Redactor,
        console: Console,
        stopping: Stopping,
        busy: Mapping[str, str],
        late: Mapping[str, PublishError],
    ) -> None:
        self.planning = planning
        self.confirm = store.confirm
        self.pictures = PictureStore(store.pictures)
        self.redact = redact
        self.console = console
        self.stopping = stopping
        self.busy = busy
        self.late = late


def carry_out(
    planning: Planning,
    store: Store,
    plan: Callable[[], Claim[Sequence[Result]]],
    act: Callable[[Sequence[Result], Sending], Sent],
    redact: Redactor,
    console: Console,
    *,
    late: Mapping[str, PublishError],
) -> Sent:
    """Plan as the holder of the posts' locks, act on that, and write down what became of it, also
    where Ctrl-C is pressed meanwhile."""
    sent = Sent([], stopped=False)
    with noted() as stopping:
        try:
            with store.hold(plan, stopping.asked) as (results, busy):
                sending = Sending(planning, store, redact, console, stopping, busy, late)
                sent = act(results, sending)
        except ReceiptsNotKept as error:
            console.problem(error)
            sent = replace(sent, errors=(error,))
        for problem in write_back(sent.results, planning.config, planning.ledger):
            console.problem(problem, "warning")
    return sent


def send(results: Sequence[Result], sending: Sending) -> Sent:
    """Deliver what is planned. Returns every result, in the plan's order."""
    from publisher.delivery.side_by_side import deliver

    ended: dict[tuple[str, str], Result] = {}
    deliveries: list[Delivery] = []
    for result in results:
        if result.status != "planned":
            continue
        kept = _kept_back(result, sending.busy, sending.late)
        if kept:
            ended[name_of(result)] = kept
            _note_late(kept, sending)
        else:
            deliveries.append(result.delivery)
    ledger, fitted = sending.planning.ledger, sending.planning.composer.gatherer.fitted
    for row in open_rows([result for result in results if name_of(result) not in ended]):
        for picture in pictures_of(row.payload):
            if picture.hash in fitted:
                sending.pictures.put(fitted[picture.hash])
    names = dict.fromkeys(delivery.channel for delivery in deliveries)
    progress = Progress(sending.console, list(names))

    def done(outcome: Outcome) -> None:
        result = delivered(outcome)
        ended[name_of(result)] = result
        progress.tell(outcome.delivery.channel, terminal.short(result))

    finished = deliver(
        deliveries,
        ledger,
        sending.redact,
        pictures=sending.pictures.get,
        confirm=sending.confirm,
        progress=progress,
        done=done,
        heard=lambda: sending.console.err(HEARD),
        stopping=sending.stopping,
    )
    for result in ended.values():
        if result.status == "sent" and result.delivery.following:
            ledger.note_source(*name_of(result), result.delivery.source)
    if not finished:
        sending.console.err(_stopped(list(ended.values())))
    return Sent([ended.get(name_of(result), result) for result in results], not finished)


def _note_late(result: Result, sending: Sending) -> None:
    """Write down that its page was waited for in vain: the next run looks once."""
    delivery = result.delivery
    if result.reason != "busy" and delivery.fresh:
        rows = [
            row.with_state("pending", error=no_page_at(delivery.post.url)) for row in delivery.rows
        ]
        identity, ledger = delivery.post.identity, sending.planning.ledger
        ledger.prepare(identity, delivery.key, delivery.channel, rows)


def no_page_at(url: str) -> str:
    """What the ledger says of a row whose post's page wasn't there."""
    return f"its page {url} wasn't there"


def _kept_back(
    result: Result, busy: Mapping[str, str], late: Mapping[str, PublishError]
) -> Result | None:
    """What is not sent in this run, and why; None for what is."""
    delivery = result.delivery
    if delivery.key in busy:
        return replace(result, status="skipped", reason="busy", error=is_busy(busy[delivery.key]))
    if delivery.post.url in late:
        return replace(result, status="failed", error=late[delivery.post.url])
    return None


def is_busy(holder: str) -> PublishError:
    return DeliveryError(
        f"is being sent by {holder}", hint="wait until that is done, and run again"
    )


def _stopped(results: Sequence[Result]) -> str:
    """What Ctrl-C left behind, in one line."""
    several = len({result.delivery.key for result in results}) > 1
    kinds: dict[str, list[str]] = {"live": [], "maybe live": [], "not live": []}
    for result in results:
        live = sum(1 for row in result.rows if row.state == "sent")
        name = result.delivery.channel
        if several:
            name = f"{clean(str(result.delivery.post.file))} on {name}"
        if result.recipients:
            name += f" ({live:,} of {len(result.rows):,} sent)"
        elif 0 < live < len(result.rows):
            name += f" ({live} of {len(result.rows)} live)"
        kind = {"sent": "live", "unknown": "maybe live"}.get(result.status, "not live")
        kinds[kind].append(name)
    words = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in kinds.items() if names)
    return f"stopped. {words or 'nothing was sent'}. Run again for the rest: it goes on from there"


def open_rows(results: Sequence[Result]) -> list[Row]:
    """The rows that a run will try."""
    return [
        row for result in results if result.status == "planned" for row in result.delivery.open_rows
    ]


def name_of(result: Result) -> tuple[str, str]:
    """The post's key and the channel: of these there is one in a run."""
    return result.delivery.key, result.delivery.channel
