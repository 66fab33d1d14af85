"""The routes of subscriptions."""

from api import subscriptions
from api.delivery_shapes import TestSent
from api.route import API, Route, rows, takes
from api.subscription_shapes import SubscribedShape, SubscriptionShape
from api.subscriptions import RotateBody, SubscriptionBody, SubscriptionPatch

_LIST = API + "/subscriptions"
_ONE = _LIST + "/{subscription}"

SUBSCRIPTION_ROUTES: tuple[Route, ...] = (
    rows(_LIST, subscriptions.list_subscriptions, SubscriptionShape, "subscriptions", scoped=True),
    Route(
        "POST",
        _LIST,
        subscriptions.create_subscription,
        "subscriptions",
        SubscribedShape,
        takes=takes(SubscriptionBody),
        statuses=(201,),
        scoped=True,
    ),
    Route(
        "POST",
        _ONE + "/test",
        subscriptions.test_subscription,
        "subscriptions",
        TestSent,
        statuses=(202,),
        scoped=True,
    ),
    Route(
        "POST",
        _ONE + "/rotate",
        subscriptions.rotate_secret,
        "subscriptions",
        SubscribedShape,
        takes=takes(RotateBody),
        body_required=False,
        scoped=True,
    ),
    Route(
        "GET",
        _ONE,
        subscriptions.show_subscription,
        "subscriptions",
        SubscriptionShape,
        versioned=True,
        scoped=True,
    ),
    Route(
        "PATCH",
        _ONE,
        subscriptions.change_subscription,
        "subscriptions",
        SubscriptionShape,
        takes=takes(SubscriptionPatch),
        versioned=True,
        scoped=True,
    ),
    Route(
        "DELETE",
        _ONE,
        subscriptions.delete_subscription,
        "subscriptions",
        statuses=(204,),
        versioned=True,
        scoped=True,
    ),
)
