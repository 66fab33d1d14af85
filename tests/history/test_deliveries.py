"""How SQLite finds messages: the cost of a question follows the answer, not the table."""

import pytest

from history.deliveries import DELIVERIES, DeliveryFilter
from history.paging import PageRequest, page_query
from tests.history.made import Writer, plan

WANTED = {
    "all": DeliveryFilter(),
    "of a channel": DeliveryFilter(channel="guards"),
    "dead": DeliveryFilter(state="dead"),
    "dead of a channel": DeliveryFilter(channel="guards", state="dead"),
    "of an alert": DeliveryFilter(alert="a1"),
    "between": DeliveryFilter(since_ns=1, until_ns=2),
}


@pytest.mark.parametrize("name", WANTED)
def test_no_list_of_messages_reads_the_table_from_end_to_end(writer: Writer, name: str) -> None:
    statement, values = page_query(DELIVERIES, WANTED[name], PageRequest())
    steps = plan(writer.connection, statement, values)
    scans = [step for step in steps if step.startswith("SCAN") and "subquery" not in step.lower()]
    if name == "all":
        # In the order of the key and no further than the page.
        assert len(scans) == 1
        assert not any("B-TREE FOR ORDER BY" in step for step in steps)
    else:
        assert scans == []
    assert any(step.startswith("SEARCH") for step in steps)
