"""How a person lets `publish` post on Telegram: they make a bot, and put it into their channel."""

from __future__ import annotations

from publisher.adapter import Channel
from publisher.setup.desk import Desk, Prepared

from .telegram import Telegram, wrong_chat, wrong_token

STEPS = """\
Telegram: a bot posts in your channel, as one of its administrators.
  1. In Telegram, write to @BotFather: /newbot. It asks for two names and answers with a token.
  2. In your channel: Administrators → Add Administrator → the bot's name, with the rights to
     post, edit and delete messages.\
"""


def guide(desk: Desk) -> Prepared:
    """Raises PublishError where the token isn't good, or the bot may not post there."""
    desk.say(STEPS)
    token = desk.ask_secret("The bot's token", wrong_token)
    chat = desk.ask("chat", "The channel: @name, or -100… of a private one", "", wrong_chat)
    settings = {"chat": chat}
    if "api_base_url" in desk.given:
        settings["api_base_url"] = desk.given["api_base_url"]
    bot = Telegram(Channel(Telegram.name, Telegram.name, settings), {"bot_token": token})
    desk.say(f"  Good: {bot.check()}.")
    return Prepared(settings, {"bot_token": token})
