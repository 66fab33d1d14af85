"""What doctor says of a certificate: whether it can be used, for how long, under which names."""

import datetime as dt
from pathlib import Path

import pytest
import trustme

from api.settings import ServerSettings, TlsSettings
from gateway.certificate_examination import examine_certificate
from gateway.cli import main
from gateway.doctor import Examination
from gateway.tls import names_of, read_certificate
from tags.times import SECOND_NS

DAY_NS = 86_400 * SECOND_NS
END = dt.datetime(2030, 6, 1, 12, tzinfo=dt.UTC)
END_NS = int(END.timestamp()) * SECOND_NS
AUTHORITY = trustme.CA()


def issued(folder: Path, *names: str) -> TlsSettings:
    pair = AUTHORITY.issue_cert(*names, not_after=END)
    pair.private_key_pem.write_to_path(folder / "tls.key")
    pair.cert_chain_pems[0].write_to_path(folder / "tls.crt")
    return TlsSettings(cert=str(folder / "tls.crt"), key=str(folder / "tls.key"))


def examined(tls: TlsSettings, *hosts: str, days: float = 100) -> Examination:
    server = ServerSettings(tls=tls, hosts=hosts)
    return examine_certificate(server, tls, END_NS - round(days * DAY_NS))


def test_a_pair_that_is_fine_passes_every_step(tmp_path: Path) -> None:
    names = ("gateway.example.org", "127.0.0.1", "::1", "*.depot.example.org")
    tls = issued(tmp_path, *names)
    found = examined(tls, "gateway.example.org", "a.depot.example.org")
    assert [(each.step, each.ok) for each in found.findings] == [
        ("files", True),
        ("end", True),
        ("names", True),
    ]
    assert set(names_of(read_certificate(tls).der)) == set(names)


@pytest.mark.parametrize(("days", "said"), [(-1, "has ended"), (3, "ends in 3 days")])
def test_one_that_ends_soon_or_has_ended_is_a_fault(days: float, said: str, tmp_path: Path) -> None:
    fault = examined(issued(tmp_path, "localhost"), days=days).fault
    assert fault is not None
    assert (fault.step, said in fault.detail) == ("end", True)
    assert fault.remedy.startswith("Put a new one in its place")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("missing", "No such file"),
        ("unreadable", "holds no certificate"),
        ("other key", "not the one of the certificate"),
    ],
)
def test_a_pair_that_can_not_be_used_is_a_fault(harm: str, said: str, tmp_path: Path) -> None:
    tls = issued(tmp_path, "localhost")
    match harm:
        case "missing":
            Path(tls.cert).unlink()
        case "unreadable":
            Path(tls.cert).write_text("no certificate", encoding="utf-8")
        case _:
            AUTHORITY.issue_cert("localhost").private_key_pem.write_to_path(tls.key)
    fault = examined(tls).fault
    assert fault is not None
    assert (fault.step, said in fault.detail) == ("files", True)
    assert "server.tls" in fault.remedy


def test_a_name_that_the_gateway_does_not_answer_to_is_a_fault(tmp_path: Path) -> None:
    fault = examined(issued(tmp_path, "gateway.example.org", "localhost")).fault
    assert fault is not None
    assert fault.remedy == (
        "Add the names under which it is reached to server.hosts: gateway.example.org."
    )
    wide = issued(tmp_path, "*.example.org")
    assert examined(wide, "gateway.example.org").fault is None
    assert examined(wide, "a.b.example.org").fault is not None


def test_a_host_that_the_certificate_is_not_for_is_told(tmp_path: Path) -> None:
    found = examined(issued(tmp_path, "localhost"), "gateway.example.org")
    assert found.fault is None
    told = found.findings[-1]
    assert told.ok is None
    assert "not for gateway.example.org" in told.detail


def test_doctor_looks_at_the_certificate_of_the_site_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = tmp_path / "site.yaml"
    site.write_text(
        "site: {name: depot}\nzones: [{name: hall}]\nreaders:\n"
        "  - {name: till, driver: replay, file: nowhere.jsonl, zone: hall}\n"
        f"server: {{tls: {{cert: {tmp_path / 'a.crt'}, key: {tmp_path / 'a.key'}}}}}\n",
        encoding="utf-8",
    )
    assert main(["doctor", str(site), "--data", str(tmp_path / "data")]) == 1
    assert "a.crt: No such file" in capsys.readouterr().out
