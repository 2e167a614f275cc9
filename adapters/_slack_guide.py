"""How a person lets `publish` post on Slack: they make an app of their workspace, from a manifest."""

from __future__ import annotations

from publisher.adapter import Channel
from publisher.setup.desk import Desk, Prepared

from .slack import Slack, wrong_channel, wrong_token

STEPS = """\
Slack: an app of your own workspace posts for you.
  1. https://api.slack.com/apps → Create New App → From a manifest → your workspace; paste:
     {"display_information": {"name": "Announcements"},
      "features": {"bot_user": {"display_name": "announcements"}},
      "oauth_config": {"scopes": {"bot": ["chat:write", "channels:history", "groups:history",
                                          "files:write", "files:read"]}}}
  2. Install to Workspace, then OAuth & Permissions → copy the Bot User OAuth Token (xoxb-…).
  3. In the channel: /invite @announcements. Its ID is at the end of the channel's details.\
"""


def guide(desk: Desk) -> Prepared:
    """Raises PublishError where the token isn't good, or the app isn't in the channel."""
    desk.say(STEPS)
    token = desk.ask_secret("The bot's token", wrong_token)
    channel = desk.ask("channel", "The channel's ID, such as C0123ABCD", "", wrong_channel)
    settings = {"channel": channel}
    if "api_base_url" in desk.given:
        settings["api_base_url"] = desk.given["api_base_url"]
    app = Slack(Channel(Slack.name, Slack.name, settings), {"bot_token": token})
    desk.say(f"  Good: {app.check()}.")
    return Prepared(settings, {"bot_token": token})
