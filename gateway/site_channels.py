"""Whether the sirens of a site file fit to the readers that sound them, and names are free."""

from collections.abc import Iterator

from delivery.channel_kinds import SirenChannel
from delivery.subscription import CHANNEL_PREFIX
from gateway.site_draft import Draft, unknown
from gateway.site_problems import Fault, Path
from readers.llrp.settings import LlrpSettings


def channel_faults(draft: Draft) -> Iterator[Fault]:
    """Find names of subscriptions, outputs that no reader has, and those that two sirens want."""
    for path, name in draft.stated("channels", "name"):
        if isinstance(name, str) and name.startswith(CHANNEL_PREFIX):
            yield Fault(path, f"must not begin with '{CHANNEL_PREFIX}': so subscriptions do")
    readers = {reader.name: reader for _, reader in draft.readers}
    first: dict[tuple[str, int], str] = {}
    for path, siren, (name, port) in _sirens(draft):
        yield from unknown(draft, path, "reader", name)
        reader = readers.get(name)
        if isinstance(reader, LlrpSettings) and port not in reader.outputs:
            listed = ", ".join(map(str, sorted(reader.outputs))) or "none"
            yield Fault(path, f"reader '{name}' has no output {port} (listed: {listed})")
        elif reader is not None and not isinstance(reader, LlrpSettings):
            yield Fault(path, f"reader '{name}' has no outputs: its driver is {reader.driver}")
        other = first.setdefault((name, port), siren.name)
        if other != siren.name:
            message = f"'{other}' has this output too; each would switch off what the other began"
            yield Fault(path, message)


def channel_warnings(draft: Draft) -> Iterator[Fault]:
    """Find sirens that are cut short by what their reader allows."""
    readers = {reader.name: reader for _, reader in draft.readers}
    for path, siren, (name, port) in _sirens(draft):
        reader = readers.get(name)
        output = reader.outputs.get(port) if isinstance(reader, LlrpSettings) else None
        if output is not None and output.on_s_max < siren.on_for_s:
            cut = f"the output goes off after its on_s_max of {output.on_s_max:g} s"
            yield Fault((*path[:-1], "on_for_s"), f"{siren.on_for_s:g} is not reached: {cut}")


def _sirens(draft: Draft) -> Iterator[tuple[Path, SirenChannel, tuple[str, int]]]:
    """The sirens on outputs of readers, and where their `output` stands."""
    for path, channel in draft.entries("channels"):
        if isinstance(channel, SirenChannel) and channel.reader_port is not None:
            yield (*path, "output"), channel, channel.reader_port
