"""What is known late through the whole pipeline: one outing is one alert, and none is lost."""

from tests.gateway.two_doors import BARE, TwoDoors, read, stay, walk
from tests.zones.made import seconds_of


def test_who_left_by_a_door_that_was_cut_off_is_out_and_not_back() -> None:
    site = TwoDoors()
    site.turn("dock", "offline", 8)
    site.wait_until(69)
    site.turn("dock", "online", 70)
    site.hear(walk(10, told_s=70.1))
    site.wait_until(120)
    assert site.story == ["raised"]
    assert site.steps[-1].alert.condition == "active"


def test_the_yard_that_sees_it_then_tells_no_second_alert() -> None:
    site = TwoDoors()
    site.turn("dock", "offline", 8)
    site.turn("dock", "online", 23)
    site.hear([*walk(10, told_s=23.1), *stay("yard", 19, 60)])
    site.wait_until(120)
    assert site.story == ["raised"]


def told_and_closed() -> TwoDoors:
    """Out at 14 s, told by the yard, back at 70 s, and the alert closed."""
    site = TwoDoors()
    site.hear(stay("yard", 19, 60))
    site.hear(stay("hall", 70, 100))
    site.close(101)
    return site


def test_what_a_door_tells_later_of_an_exit_that_was_told_and_closed_is_no_news() -> None:
    site = told_and_closed()
    site.hear(walk(10, told_s=110))
    site.wait_until(150)
    assert site.story.count("raised") == 1


def test_the_gate_on_the_way_back_in_that_is_heard_of_later_is_no_news() -> None:
    site = TwoDoors()
    site.hear(walk(10))
    site.wait_until(60)
    site.hear(stay("hall", 70, 100))
    site.close(101)
    site.hear(stay("gate", 62, 66, 0.5, told_s=110))
    site.wait_until(150)
    assert site.story.count("raised") == 1


def test_a_door_tells_nothing_new_of_an_outing_that_was_seen_only_on_the_way_back() -> None:
    site = TwoDoors()
    site.hear(stay("yard", 400, 420))
    site.hear(stay("hall", 430, 450))
    site.close(460)
    site.hear(walk(10, told_s=500))
    site.wait_until(550)
    assert site.story.count("raised") == 1


def test_an_outing_before_it_was_last_heard_inside_is_another_one() -> None:
    site = TwoDoors()
    site.hear(stay("hall", 100, 250))
    site.hear(stay("yard", 400, 420))
    site.hear(stay("hall", 430, 450))
    site.close(460)
    site.hear(walk(50, told_s=500))
    site.wait_until(550)
    assert site.story.count("raised") == 2


def test_out_and_back_by_a_gate_that_was_cut_off_is_one_outing() -> None:
    site = TwoDoors()
    site.hear(stay("hall", 300, 320))
    site.hear([*stay("gate", 12, 16, 0.5, told_s=330), *stay("gate", 290, 294, 0.5, told_s=330)])
    site.hear(stay("hall", 331, 340))
    assert site.story == ["raised"]
    assert site.steps[0].alert.condition == "returned"


def test_an_exit_of_which_a_gate_tells_the_end_first_is_raised_once() -> None:
    site = TwoDoors()
    site.hear(stay("hall", 10, 12, 0.5))
    upload = [read("gate", 1, 9 + n * 0.5, told_s=30) for n in range(20)]
    site.hear(upload)
    site.wait_until(60)
    assert site.story == ["raised"]
    assert site.steps[0].alert.condition == "active"


def test_a_second_exit_is_told_while_the_first_alert_waits_for_its_reset() -> None:
    site = TwoDoors(BARE)
    site.hear(walk(10))
    site.hear(walk(60, outwards=False))
    site.hear(stay("hall", 70, 100))
    assert site.story == ["raised", "returned"]
    site.turn("dock", "offline", 180)
    site.hear(stay("hall", 100, 200))
    site.turn("dock", "online", 300)
    site.hear(walk(200, told_s=300.1))
    site.wait_until(350)
    assert site.story == ["raised", "returned", "reopened"]
    alert = site.steps[-1].alert
    assert alert.condition == "active"
    assert 200 <= seconds_of(alert.time_ns) <= 208
