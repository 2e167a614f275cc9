"""How a person lets `publish` post on Discord: they make a webhook, and paste its address."""

from __future__ import annotations

from publisher.adapter import Channel
from publisher.setup.desk import Desk, Prepared

from .discord import Discord, wrong_webhook

STEPS = """\
Discord: a webhook is an address that posts into one channel of your server.
  In Discord: the channel's settings (the gear) → Integrations → Webhooks → New Webhook
  → Copy Webhook URL. It is a secret: who has it can post there.\
"""


def guide(desk: Desk) -> Prepared:
    """Raises PublishError where the webhook isn't there."""
    desk.say(STEPS)
    address = desk.ask_secret("The webhook's address", wrong_webhook)
    webhook = Discord(Channel(Discord.name, Discord.name), {"webhook_url": address})
    desk.say(f"  Good: {webhook.check()}.")
    return Prepared({}, {"webhook_url": address})
