"""`tagwarden scan`: finds LLRP readers and prints their entries for a site file."""

import argparse
import asyncio
import ipaddress
from collections.abc import Iterator

from api.settings import PORT_MAX
from gateway.terminal import say, show_progress, warn
from readers.llrp.scan import FoundReader, find_readers
from readers.llrp.settings import LLRP_PORT

HOSTS_MAX = 4_096
ANTENNAS_SHOWN_MAX = 32


def scan_command(chosen: argparse.Namespace) -> int:
    """`tagwarden scan`; 0 if a reader was found."""
    try:
        network = ipaddress.ip_network(chosen.network, strict=False)
    except ValueError:
        warn(f"tagwarden scan: '{chosen.network}' is no network; write 10.0.0.0/24", "red")
        return 2
    if network.num_addresses > HOSTS_MAX:
        text = f"{network} has {network.num_addresses} addresses; scan at most {HOSTS_MAX} at once"
        warn(f"tagwarden scan: {text}", "red")
        return 2
    if not 0 < chosen.port <= PORT_MAX:
        warn(f"tagwarden scan: --port takes a port from 1 to {PORT_MAX}", "red")
        return 2
    hosts = [str(address) for address in network.hosts()]
    found = asyncio.run(_scan(hosts, chosen.port))
    if not found:
        text = (
            f"no LLRP reader answers on port {chosen.port} at {len(hosts)} addresses of {network}"
        )
        warn(f"{text}; LLRP may be switched off in the reader's own settings", "yellow")
        return 1
    say("readers:")
    for reader in sorted(found, key=lambda each: ipaddress.ip_address(each.host).packed):
        for line in entry_lines(reader):
            say(line)
    return 0


async def _scan(hosts: list[str], port: int) -> list[FoundReader]:
    found: list[FoundReader] = []
    done = 0
    async for reader in find_readers(hosts, port):
        done += 1
        show_progress(done, len(hosts), "scan")
        if reader is not None:
            found.append(reader)
    return found


def entry_lines(found: FoundReader) -> Iterator[str]:
    """The entry of a reader in YAML, with what is known about it as comments."""
    abilities = found.abilities
    host = f"[{found.host}]" if ":" in found.host else found.host
    name = "reader-" + found.host.replace(".", "-").replace(":", "-")
    if abilities is None:
        yield "  # Another client is connected to this reader, so it was not asked what it can do."
    else:
        firmware = f", firmware {_one_line(abilities.firmware)}" if abilities.firmware else ""
        yield f"  # {_one_line(abilities.maker)} {_one_line(abilities.product)}{firmware}"
        if abilities.powers_dbm:
            powers = abilities.powers_dbm.values()
            yield f"  # transmit power {min(powers):g} to {max(powers):g} dBm"
    yield f"  - name: {name}"
    yield "    driver: llrp"
    yield (
        f'    address: "{host}"'
        if found.port == LLRP_PORT
        else (f'    address: "{host}:{found.port}"')
    )
    if abilities is not None and abilities.antennas:
        yield "    antennas:"
        for number in range(1, min(abilities.antennas, ANTENNAS_SHOWN_MAX) + 1):
            yield f"      {number}: {{}}   # write zone: NAME into the braces"


def _one_line(text: str) -> str:
    """What a reader says about itself, so that it stays within its comment."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
