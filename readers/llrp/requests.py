"""The requests of our side. sllurp builds the ROSpecs: many makes of reader know that form."""

import importlib
import logging
from typing import Any, cast

from readers.llrp.plan import Plan
from readers.wire.llrp.framing import HEADER

ROSPEC_ID = 7701
"""Our ROSpec's id; those of other clients are left alone."""

_CONTENT = {
    "EnableROSpecID": False,
    "EnableSpecIndex": False,
    "EnableInventoryParameterSpecID": False,
    "EnableAntennaID": True,
    "EnableChannelIndex": True,
    "EnablePeakRSSI": True,
    "EnableFirstSeenTimestamp": True,
    "EnableLastSeenTimestamp": True,
    "EnableTagSeenCount": True,
    "EnableAccessSpecID": False,
}
_DISPENSABLE = ("EnableChannelIndex", "EnableFirstSeenTimestamp", "EnableTagSeenCount")
_VENDOR_CONTENT = ("EnableRFPhaseAngle", "EnablePeakRSSI", "EnableRFDopplerFrequency")


class RoSpecBuilder:
    """Builds the bodies of ADD_ROSPECs. Made in a thread: it may have to import sllurp."""

    def __init__(self) -> None:
        self._sllurp: Any = importlib.import_module("sllurp.llrp")
        self._proto: Any = importlib.import_module("sllurp.llrp_proto")
        # What it logs about requests reaches the caller as a ReaderError.
        logging.getLogger("sllurp").setLevel(logging.CRITICAL + 1)

    def full(self, plan: Plan) -> bytes:
        """The ROSpec that does all of `plan` but what it is without."""
        rospec = self._rospec(plan)
        (inventory,) = rospec["AISpec"]
        if "stop_trigger" in plan.without:
            _report_at_once(rospec)
        for antenna in inventory["InventoryParameterSpec"][0]["AntennaConfiguration"]:
            transmitter = plan.transmitters.get(antenna["AntennaID"])
            del antenna["RFTransmitter"]
            if transmitter is not None and "transmitters" not in plan.without:
                antenna["RFTransmitter"] = {
                    "HopTableId": transmitter.hop_table,
                    "ChannelIndex": transmitter.channel,
                    "TransmitPower": transmitter.power,
                }
            if "singulation" in plan.without:
                del antenna["C1G2InventoryCommand"][0]["C1G2SingulationControl"]
        return self._encoded(rospec)

    def minimal(self, plan: Plan) -> bytes:
        """The ROSpec that leaves to the reader all that can be left to it."""
        rospec = self._rospec(plan.leaving("vendor"))
        rospec["AISpec"][0]["InventoryParameterSpec"][0].pop("AntennaConfiguration")
        rospec["ROReportSpec"]["TagReportContentSelector"] |= dict.fromkeys(_DISPENSABLE, False)
        _report_at_once(rospec)
        return self._encoded(rospec)

    def _rospec(self, plan: Plan) -> dict[str, Any]:
        # One configuration for each antenna that has a transmitter of its own.
        configured = tuple(plan.transmitters) or plan.antennas
        vendor = "vendor" not in plan.without
        mode = plan.mode if "mode" not in plan.without else None
        rospec = self._proto.LLRPROSpec(
            mode and {"ModeIdentifier": mode.identifier, "MaxTari": mode.tari_max_ns},
            ROSPEC_ID,
            antennas=configured,
            report_every_n_tags=plan.air.report_every_n_tags,
            report_timeout_ms=plan.air.report_timeout_ms,
            tag_content_selector=_CONTENT,
            session=plan.air.session,
            tag_population=plan.air.tag_population,
            impinj_search_mode=plan.search_mode if vendor else None,
            impinj_tag_content_selector=(
                dict.fromkeys(_VENDOR_CONTENT, True) if plan.vendor_fields and vendor else None
            ),
        )
        rospec["AISpec"][0]["AntennaID"] = plan.antennas
        return cast("dict[str, Any]", rospec)

    def _encoded(self, rospec: dict[str, Any]) -> bytes:
        request = {"ADD_ROSPEC": {"ROSpecID": ROSPEC_ID, "ROSpec": rospec}}
        message: Any = self._sllurp.LLRPMessage(msgdict=request)
        return cast("bytes", message.msgbytes)[HEADER.size :]


def _report_at_once(rospec: dict[str, Any]) -> None:
    """Report each tag when it is seen: without a stop trigger, nothing else limits the wait."""
    rospec["AISpec"][0]["AISpecStopTrigger"] = {
        "AISpecStopTriggerType": "Null",
        "DurationTriggerValue": 0,
    }
    rospec["ROReportSpec"]["N"] = 1
