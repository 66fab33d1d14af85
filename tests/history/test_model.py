"""The tables against a model that is so simple that it can be seen to be right."""

from itertools import pairwise
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from history.outputs import Output
from history.paging import PageRequest
from tests.history.made import Writer, at, movement, passing_state, removed, stored

TAGS = ["aa", "bb", "cc", "dd"]
ASSETS = ["drill", "saw"]
ZONES = ["hall", "gate", "office"]


class Go(NamedTuple):
    tag: str
    to_zone: str | None
    late: bool


class Bind(NamedTuple):
    asset: str
    tags: tuple[str, ...]


class Remove(NamedTuple):
    asset: str


Step = tuple[int, Go | Bind | Remove]
steps = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.builds(Go, st.sampled_from(TAGS), st.sampled_from([*ZONES, None]), st.booleans())
        | st.builds(
            Bind,
            st.sampled_from(ASSETS),
            st.lists(st.sampled_from(TAGS), unique=True, max_size=3).map(tuple),
        )
        | st.builds(Remove, st.sampled_from(ASSETS)),
    ),
    max_size=25,
)


class Stay(NamedTuple):
    """Since when, by which step, a tag is in a zone for an asset."""

    from_ns: int
    step: int
    zone: str
    asset: str | None


class Model:
    """Where each tag is and which asset carries it, kept in two dictionaries."""

    def __init__(self) -> None:
        self.carrier: dict[str, str] = {}
        self.stays: dict[str, Stay] = {}
        self.ids: set[str] = set()

    def apply(self, number: int, now_ns: int, step: Go | Bind | Remove) -> Output | None:
        match step:
            case Go():
                return self._go(number, now_ns, step)
            case Bind(asset=asset, tags=tags):
                self._carry(number, now_ns, asset, tags)
                return stored(asset, *tags, at_ns=now_ns)
            case Remove(asset=asset):
                self._carry(number, now_ns, asset, ())
                return removed(asset, now_ns)

    def _go(self, number: int, now_ns: int, go: Go) -> Output | None:
        stay = self.stays.get(go.tag)
        carrier = self.carrier.get(go.tag)
        output = movement(
            go.tag, stay.zone if stay else None, go.to_zone, now_ns, carrier, late=go.late
        )
        if output.id in self.ids:
            return None
        self.ids.add(output.id)
        if not go.late:
            self.stays.pop(go.tag, None)
            if go.to_zone is not None:
                self.stays[go.tag] = Stay(now_ns, number, go.to_zone, carrier)
        return output

    def _carry(self, number: int, now_ns: int, asset: str, tags: tuple[str, ...]) -> None:
        before = dict(self.carrier)
        self.carrier = {tag: of for tag, of in before.items() if of != asset}
        self.carrier.update(dict.fromkeys(tags, asset))
        for tag, stay in self.stays.items():
            now = self.carrier.get(tag)
            if now != before.get(tag):
                cut = now_ns > stay.from_ns
                self.stays[tag] = Stay(
                    now_ns if cut else stay.from_ns,
                    number if cut else stay.step,
                    stay.zone,
                    now,
                )

    def present(self, zones: list[str]) -> set[tuple[str | None, str]]:
        """Asset (None: none) and zone; an asset is where its newest stay is."""
        found: set[tuple[str | None, str]] = set()
        for tag, stay in self.stays.items():
            others = [one for one in self.stays.values() if one.asset == stay.asset]
            if stay.asset is None:
                found.add((f"tag:{tag}", stay.zone))
            elif all(one.from_ns <= stay.from_ns for one in others):
                found.add((stay.asset, stay.zone))
        return {(subject, zone) for subject, zone in found if zone in zones}


def play(writer: Writer, script: list[Step]) -> Model:
    model, now_ns = Model(), at(0)
    for number, (wait_s, step) in enumerate(script):
        now_ns += wait_s * 1_000_000_000
        output = model.apply(number, now_ns, step)
        if output is not None:
            writer.commit(output)
    return model


@given(script=steps)
def test_the_open_visit_of_each_tag_is_where_it_went_last(script: list[Step]) -> None:
    with passing_state() as (writer, _):
        model = play(writer, script)
        rows = writer.rows("SELECT tag, zone, asset, from_ns FROM visits WHERE to_ns IS NULL")
        expected = {(tag, stay.zone, stay.asset, stay.from_ns) for tag, stay in model.stays.items()}
        assert set(rows) == expected
        bound = writer.rows("SELECT tag, asset FROM bindings WHERE unbound_ns IS NULL")
        assert dict(bound) == model.carrier  # type: ignore[arg-type] # pairs of texts


@given(script=steps)
def test_visits_of_one_tag_follow_each_other_without_overlap(script: list[Step]) -> None:
    with passing_state() as (writer, _):
        play(writer, script)
        for tag in TAGS:
            spans = writer.rows(
                "SELECT from_ns, to_ns FROM visits WHERE tag = ? AND ended IS NOT 'late'"
                " ORDER BY id",
                tag,
            )
            for (_, ended), (began, _) in pairwise(spans):
                assert isinstance(ended, int)
                assert isinstance(began, int)
                assert ended <= began


@given(script=steps, zones=st.lists(st.sampled_from(ZONES), unique=True))
def test_who_is_in_agrees_with_looking_at_everything(script: list[Step], zones: list[str]) -> None:
    with passing_state() as (writer, questions):
        model = play(writer, script)
        shown = questions.who_is_in(zones, PageRequest(limit=1000)).items
        found = {(row["asset"] or f"tag:{row['tag']}", row["zone"]) for row in shown}
        subjects = [subject for subject, _ in found]
        assert len(shown) == len(set(subjects))
        possible = model.present(zones)
        # Where an asset came into two zones at the same moment, either is its newest.
        assert found <= possible
        assert {subject for subject, _ in possible} - set(subjects) <= ambiguous(model)


def ambiguous(model: Model) -> set[str]:
    """Assets whose newest stay is one of several of the same moment."""
    found: set[str] = set()
    for asset in ASSETS:
        times = sorted(stay.from_ns for stay in model.stays.values() if stay.asset == asset)
        if len(times) > 1 and times[-1] == times[-2]:
            found.add(asset)
    return found
