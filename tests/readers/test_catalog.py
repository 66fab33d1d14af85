import subprocess
import sys
import time

import pytest

from readers.catalog import DRIVERS, UnknownDriverError, open_driver, settings_class
from readers.llrp.driver import LlrpDriver
from readers.llrp.settings import LlrpSettings
from readers.replay import ReplayDriver, ReplaySettings
from readers.settings import ReaderSettings


def test_the_catalog_does_not_import_sllurp() -> None:
    code = "import sys, readers.catalog; sys.exit(any(m.startswith('sllurp') for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("driver", DRIVERS)
def test_each_driver_has_settings_that_default_to_it(driver: str) -> None:
    settings = settings_class(driver)
    assert issubclass(settings, ReaderSettings)
    assert settings.model_fields["driver"].default == driver


@pytest.mark.parametrize("driver", DRIVERS)
def test_each_field_says_what_it_means(driver: str) -> None:
    own = settings_class(driver).model_fields.keys() - ReaderSettings.model_fields.keys()
    fields = settings_class(driver).model_fields
    assert own
    assert [name for name in own if not fields[name].description] == []


def test_an_unknown_driver_is_told_which_there_are() -> None:
    with pytest.raises(UnknownDriverError, match=r"'lrp' \(known: .*llrp.*\)"):
        settings_class("lrp")
    with pytest.raises(UnknownDriverError):
        open_driver(ReaderSettings(name="x", driver="lrp"), time.time_ns)


def test_an_entry_opens_its_driver() -> None:
    llrp = LlrpSettings(name="gate", address="10.0.0.1", keepalive_s=3.0)
    replay = ReplaySettings(name="tape", file="x.csv", silent_after_s=9.0)
    assert isinstance(open_driver(llrp, time.time_ns), LlrpDriver)
    assert isinstance(open_driver(replay, time.time_ns), ReplayDriver)
    assert open_driver(llrp, time.time_ns).silent_after_s == 6.0
    assert open_driver(replay, time.time_ns).silent_after_s == 9.0
