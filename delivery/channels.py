"""From the settings of a channel to its sender."""

from delivery.apprise import AppriseSender
from delivery.attempt import Sender, Surroundings
from delivery.channel_kinds import AppriseChannel, MqttChannel, SirenChannel, SmtpChannel
from delivery.log import LogSender
from delivery.mqtt import MqttSender
from delivery.settings import ChannelSettings, LogChannel, WebhookChannel
from delivery.siren import SirenSender
from delivery.smtp import SmtpSender
from delivery.webhook import WebhookSender

_NOTHING = Surroundings()


def open_channel(settings: ChannelSettings, surroundings: Surroundings = _NOTHING) -> Sender:
    """Make the sender of a channel. Raises ValueError when its settings can not be used.

    Senders that are `Lasting` want `begin` and `close` called.
    """
    match settings:
        case LogChannel():
            return LogSender()
        case WebhookChannel():
            return WebhookSender(settings)
        case MqttChannel():
            return MqttSender(settings, surroundings)
        case SmtpChannel():
            return SmtpSender(settings, surroundings)
        case SirenChannel():
            return SirenSender(settings, surroundings)
        case AppriseChannel():
            return AppriseSender(settings, surroundings)
        case _:
            raise ValueError(f"{settings.name}: a channel of kind {settings.kind} needs more")
