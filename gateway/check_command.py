"""`tagwarden check`: what is wrong with a site file, and what may not be meant."""

import argparse
import sqlite3
from contextlib import closing
from pathlib import Path

from gateway.command_files import CommandError, assets_of
from gateway.data_folder import DataFolder
from gateway.site import SiteError, load_site
from gateway.terminal import say, warn
from history.registered import registered_assets
from history.state import StateRefusedError, open_reader
from inventory.assets import Asset


def check_command(chosen: argparse.Namespace) -> int:
    """`tagwarden check`; with a register it also says which rules are for nobody in it."""
    try:
        assets, unread = _register(chosen)
        site = load_site(chosen.site, assets)
    except SiteError as error:
        for problem in error.problems:
            warn(str(problem), "red")
        return 1
    except CommandError as error:
        warn(str(error), "red")
        return 1
    for message in (*unread, *site.warnings):
        say(str(message), "yellow")
    settings = site.settings
    say(
        f"{chosen.site}: fine: {len(settings.zones)} zones, {len(settings.readers)} readers, "
        f"{len(settings.rules)} rules, version {site.version}",
        "green",
    )
    return 0


def _register(chosen: argparse.Namespace) -> tuple[list[Asset], list[str]]:
    """The assets that are named, and the rows that can not be read. Raises CommandError."""
    if chosen.data is not None:
        return _stored(chosen.data), []
    assets, unread = assets_of(chosen.assets)
    return list(assets), unread


def _stored(folder: Path) -> list[Asset]:
    state = DataFolder(folder).state
    if not state.is_file():
        raise CommandError(f"{folder}: has no state.db; give the folder of a gateway that has run")
    try:
        with closing(open_reader(state)) as reader:
            return registered_assets(reader)
    except (sqlite3.Error, StateRefusedError) as error:
        raise CommandError(f"{folder}: the state can not be used: {error}") from error
