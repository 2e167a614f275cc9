"""How a person lets `publish` post on Mattermost: they make a bot, and copy its token."""

from __future__ import annotations

from publisher.adapter import Channel
from publisher.hosts import check_url
from publisher.setup.desk import Desk, Prepared

from .mattermost import Mattermost, wrong_channel

STEPS = """\
Mattermost: a bot account posts for you; who administers the server can make one.
  In Mattermost: the product menu → Integrations → Bot Accounts → Add Bot Account
  → copy the token, which is shown once. Then add the bot to the team and to the channel.\
"""


def guide(desk: Desk) -> Prepared:
    """Raises PublishError where the token isn't good, or the bot isn't in the channel."""
    desk.say(STEPS)
    server = desk.ask("api_base_url", "Your server", "https://", check_url)
    channel = desk.ask("channel", "The channel, as in its address: team/channel", "", wrong_channel)
    token = desk.ask_secret("The bot's token")
    settings = {"api_base_url": server, "channel": channel}
    bot = Mattermost(Channel(Mattermost.name, Mattermost.name, settings), {"access_token": token})
    desk.say(f"  Good: {bot.check()}.")
    return Prepared(settings, {"access_token": token})
