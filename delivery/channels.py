"""From the settings of a channel to its sender."""

from delivery.attempt import Sender
from delivery.log import LogSender
from delivery.settings import ChannelSettings
from delivery.webhook import WebhookSender


def open_channel(settings: ChannelSettings) -> Sender:
    """Make the sender of a channel. Raises ValueError when its settings can not be used."""
    if settings.kind == "log":
        return LogSender()
    return WebhookSender(settings)
