"""What `tagwarden doctor` finds out about a broker that is to be told where everything is."""

import asyncio
import secrets

from delivery.presence import Topics
from delivery.settings import PublishSettings
from readers.driver import Clock, Finding, ReaderError, ReaderMisconfiguredError
from readers.mqtt.link import LinkLimits, MqttLink
from readers.mqtt.settings import client_id

ECHO_S = 2.0
_ADVICE = "Let this user write and read below `prefix`; reading is needed to tidy up."


async def examine_broker(settings: PublishSettings, site: str, clock: Clock) -> list[Finding]:
    """Log in as another client, and see whether what we write comes back. Never raises.

    Nothing is kept by the broker, and a gateway that is connected is not disturbed.
    """
    name = f"publish-{settings.name}"
    aside = {"client_id": f"{client_id(settings, name)[:100]}-aside", "clean": True}
    link = MqttLink(name, settings.model_copy(update=aside), clock, LinkLimits())
    try:
        await link.connect()
        found = Finding.passed("login", f"{settings.address} takes us in")
        return [found, await _echo(link, f"{Topics(settings.prefix, site).root}/doctor")]
    except ReaderMisconfiguredError as error:
        return [Finding.failed("configuration", str(error), error.remedy)]
    except ReaderError as error:
        return [Finding.failed("connection", str(error), error.remedy)]
    finally:
        await link.close()


async def _echo(link: MqttLink, topic: str) -> Finding:
    word = secrets.token_bytes(8)
    try:
        async with asyncio.timeout(ECHO_S):
            await link.subscribe([(topic, 1)])
            await link.publish(topic, word, qos=1)
            while True:
                if any(message.payload == word for message in await link.messages()):
                    return Finding.passed("topics", f"{topic} can be written and read")
    except ReaderMisconfiguredError as error:
        return Finding.failed("topics", str(error), _ADVICE)
    except TimeoutError:
        text = f"what was written to {topic} did not come back within {ECHO_S:g} s"
        return Finding.unclear("topics", text, _ADVICE)
