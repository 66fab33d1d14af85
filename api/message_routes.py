"""The routes of channels, of messages on their way, and of the live stream."""

from api import channels, deliveries, stream
from api.deliveries import RedeliverBody
from api.delivery_shapes import ChannelShape, DeliveryShape, Redelivered, TestSent
from api.route import API, Route, rows, takes

_CHANNEL_PATH = API + "/channels/{name:name}"
_DELIVERY_PATH = API + "/deliveries/{delivery}"

MESSAGE_ROUTES: tuple[Route, ...] = (
    rows(API + "/channels", channels.list_channels, ChannelShape),
    Route(
        "POST",
        _CHANNEL_PATH + "/test",
        channels.test_channel,
        "redeliver",
        TestSent,
        statuses=(202,),
    ),
    rows(API + "/deliveries", deliveries.list_deliveries, DeliveryShape),
    Route(
        "POST",
        API + "/deliveries/redeliver",
        deliveries.redeliver_dead,
        "redeliver",
        Redelivered,
        takes=takes(RedeliverBody),
        body_required=False,
    ),
    Route("POST", _DELIVERY_PATH + "/redeliver", deliveries.redeliver, "redeliver", DeliveryShape),
    Route("GET", _DELIVERY_PATH, deliveries.show_delivery, "look", DeliveryShape),
    Route("GET", API + "/stream", stream.stream, "look", media=("text/event-stream",), scoped=True),
)
