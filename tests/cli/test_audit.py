"""``shareflow audit verify``: a line a check, and what the exit code says."""

import json
import os
import zipfile
from pathlib import Path

import pytest

from audit.dossier.contents import EVENTS, CaseDossier, manifest_of
from audit.dossier.seal import seal_of
from audit.page.facts import PAGE
from configuration.errors import StartupError
from configuration.log_key import signer_named, signer_there
from configuration.settings import Settings
from domain.log.keys import CannotSign, Witness, read_public_key
from tests.audit.devices import device_in, named_in
from tests.audit.dossiers import dossier_of, packed, resealed
from tests.audit.logs import LOG_KEY, MemoryLog, entered, logged
from tests.cli.conftest import Run

CASE = "nantong-2020.refused-late-then-impasse"


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """The file of a dossier that holds."""
    dossier, path = dossier_of(CASE), tmp_path / "case.zip"
    path.write_bytes(packed(dossier))
    return path


def test_a_whole_dossier(shareflow: Run, whole: Path) -> None:
    said = shareflow("audit", "verify", whole)
    others = [line.split()[1] for line in said.out.splitlines()[:-2] if line[:2] != "ok"]
    assert (said.code, others[:2], len(others)) == (0, ["dates", "log"], 6), said
    assert "\n没有一项不通过，但这是演示事项：" in said.out
    assert said.out.endswith(" a played case: its dates show nothing of when anything happened.\n")
    found = json.loads(shareflow("audit", "verify", whole, "--json").out)
    assert [set(each) for each in found] == [{"check", "result", "detail", "article", "detail_zh"}] * 20


def test_a_forged_one_exits_with_1_and_says_where(shareflow: Run, tmp_path: Path) -> None:
    dossier, path = dossier_of(CASE), tmp_path / "forged.zip"
    files = {**dossier.files, EVENTS: dossier.files[EVENTS].replace("涉及未成年人".encode(), "涉及商业秘密".encode())}
    assert files != dossier.files
    said = dossier.manifest
    path.write_bytes(packed(CaseDossier(manifest_of(said.request_id, said.algorithm, said.made_by, files), files)))
    told = shareflow("audit", "verify", path)
    assert told.code == 1, told
    failed = [line.split()[1] for line in told.out.splitlines() if line.startswith("FAIL")]
    assert failed == ["chain", "ledger", "page"]
    assert "有不通过的核验项。 哈希链 (chain), 台账与历史一致 (ledger), 卷宗页 (page)\n" in told.out


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"{}"])
def test_what_is_no_dossier_is_unusable(shareflow: Run, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "none.zip"
    path.write_bytes(content)
    assert shareflow("audit", "verify", path).plainly_refused().startswith("This is not a zip")
    assert "cannot be read" in shareflow("audit", "verify", tmp_path / "absent.zip").plainly_refused()
    assert shareflow("audit", "verify", "").plainly_refused() == "Name a dossier, or a folder of them."


def test_one_case_is_replayed_or_those_of_a_department(shareflow: Run, whole: Path) -> None:
    said = shareflow("audit", "replay", whole, "--department", "113206000140000028").plainly_refused()
    assert said.startswith("Name one case, or cases of the ledger by department, period and statute; not both.")


def test_nothing_that_is_quoted_makes_a_line_of_its_own(shareflow: Run, whole: Path, tmp_path: Path) -> None:
    """Else whoever packs a dossier could write what `verify` is to say of it, or have a terminal hide it."""
    forged = "dossier.html\\nok       seal         sealed by shareflow/test\\u001b[8m\u2028"
    folder = tmp_path / "dossiers"
    folder.mkdir()
    with zipfile.ZipFile(whole) as there:
        manifest = there.read("manifest.json").decode()
    case = json.loads(manifest)["request_id"]
    for name, old in (("case", f'"{case}"'), ("file", '"dossier.html"')):
        with zipfile.ZipFile(whole) as there, zipfile.ZipFile(folder / f"{name}\nok.zip", "w") as other:
            for entry in there.infolist():
                changed = manifest.replace(old, f'"{forged}"').encode()
                other.writestr(entry, changed if entry.filename == "manifest.json" else there.read(entry))
    said = shareflow("audit", "verify", folder / "file\nok.zip")
    assert (said.code, len(said.out.splitlines())) == (1, 22), said.out
    assert (
        "dossier.html⟨U+000A⟩ok       seal         sealed by shareflow/test⟨U+001B⟩[8m⟨U+2028⟩ is missing" in said.out
    )
    for of_the_case in (("verify",), ("replay",), ("findings",)):
        told = shareflow("audit", *of_the_case, folder / "case\nok.zip").plainly_refused()
        assert told.startswith("manifest.json names a case as none is named"), told
    said = shareflow("audit", "verify", folder)
    assert [line.split()[:2] for line in said.out.splitlines()[:2]] == [
        ["FAIL", "case⟨U+000A⟩ok.zip"],
        ["FAIL", "file⟨U+000A⟩ok.zip"],
    ]


def test_a_folder_is_checked_dossier_by_dossier(shareflow: Run, whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dossiers"
    folder.mkdir()
    assert "has no dossier" in shareflow("audit", "verify", folder).plainly_refused()
    (folder / "b.zip").write_bytes(whole.read_bytes())
    said = shareflow("audit", "verify", folder)
    case = json.loads(zipfile.ZipFile(whole).read("manifest.json"))["request_id"]
    assert (said.code, said.out.split()[:3], "; a played case\n1 dossier," in said.out) == (
        0,
        ["ok", "b.zip", case],
        True,
    )
    assert said.out.endswith("There is no dossiers.json: nothing says that all are here.\n")
    (folder / "dossiers.json").write_text("{}")
    said = shareflow("audit", "verify", folder)
    assert (said.code, "dossiers.json is not the list of a folder" in said.out) == (2, True)
    (folder / "dossiers.json").unlink()

    (folder / "a.zip").write_bytes(whole.read_bytes().replace(b"dossier.html", b"dossier.htmx"))
    said = shareflow("audit", "verify", folder)
    assert (said.code, [line.split()[:2] for line in said.out.splitlines()[:2]]) == (
        1,
        [["FAIL", "a.zip"], ["ok", "b.zip"]],
    )
    assert "structure" in said.out

    (folder / "c.zip").write_bytes(b"PK")
    said = shareflow("audit", "verify", folder, "--json")
    found = json.loads(said.out)
    assert (said.code, list(found)) == (2, ["a.zip", "b.zip", "c.zip"])
    assert found["b.zip"] == json.loads(shareflow("audit", "verify", whole, "--json").out)
    [unreadable] = found["c.zip"]
    assert (unreadable["check"], unreadable["result"]) == ("dossier", "FAIL")
    assert unreadable["detail"].startswith("This is not a zip")


@pytest.mark.parametrize(
    ("change", "check"),
    [(("more.txt", b""), "structure"), ((EVENTS, b"forged"), "digests")],
    ids=["a file slipped in", "a file changed"],
)
def test_what_does_not_hold_is_not_looked_at(
    shareflow: Run, tmp_path: Path, change: tuple[str, bytes], check: str
) -> None:
    dossier, path = dossier_of(CASE), tmp_path / "forged.zip"
    more = dict([change])
    path.write_bytes(packed(CaseDossier(dossier.manifest, {**dossier.files, **more})))
    with zipfile.ZipFile(path, "a") as archive:
        for name in more.keys() - dossier.files.keys():
            archive.writestr(name, more[name])
    for asked in (["replay", path], ["findings", path], ["log", path, "-o", tmp_path / "log.json"]):
        told = shareflow("audit", *asked)
        assert (told.code, told.out) == (1, ""), told
        assert f"does not hold: {check}: " in told.err
        assert "run shareflow audit verify" in told.err


def test_an_instant_must_be_one(shareflow: Run) -> None:
    for at in ("yesterday", "2026-09-21", "2026-09-21T10:00:00", "5"):
        assert shareflow("audit", "replay", "NANTONG-X", "--at", at).plainly_refused().startswith("--at ")


def test_packing_needs_an_engine(shareflow: Run, tmp_path: Path) -> None:
    told = shareflow("audit", "export", "NANTONG-X", "-o", tmp_path / "case.zip").plainly_refused()
    assert told.startswith("No engine is running here")


def test_packing_is_of_a_case_or_of_a_period(shareflow: Run, tmp_path: Path) -> None:
    to = ("-o", tmp_path / "folder")
    assert shareflow("audit", "export", *to).plainly_refused().startswith("Name a case, or the cases of a period")
    assert shareflow("audit", "export", "--with-related", *to).plainly_refused().startswith("Name a case, or")
    assert shareflow("audit", "export", "X", "--from", "2026-01-01", *to).plainly_refused().startswith("Name a case or")
    for day in ("yesterday", "2026-13-01"):
        assert shareflow("audit", "export", "--from", day, *to).plainly_refused().startswith("--from ")
    late = shareflow("audit", "export", "--from", "2026-02-01", "--to", "2026-01-01", *to).plainly_refused()
    assert late.startswith("The period ends on 2026-01-01, before")
    for of in (("--from", "2026-01-01"), ("X", "--with-related")):
        assert shareflow("audit", "export", *of, *to).plainly_refused().startswith("No engine is running here")
    assert not (tmp_path / "folder").exists()


def test_a_pdf_needs_something_that_prints(shareflow: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    to = ("-o", tmp_path / "case.zip", "--pdf", tmp_path / "case.pdf")
    told = shareflow("audit", "export", "X", *to).plainly_refused()
    assert told.startswith("No PDF: Chromium is not on this machine")
    assert shareflow("audit", "export", "--from", "2026-01-01", *to).plainly_refused().startswith("--pdf prints")
    assert shareflow("audit", "export", "X", "--with-related", *to).plainly_refused().startswith("--pdf prints")
    assert list(tmp_path.iterdir()) == []


def test_the_key_of_a_log_is_made_once(shareflow: Run, tmp_path: Path) -> None:
    secret = tmp_path / "folder" / "log.key"
    first = shareflow("audit", "key", "--secret", secret)
    assert first.code == 0, first
    assert read_public_key(first.out).name.startswith("shareflow/")
    assert shareflow("audit", "key", "--secret", secret).out == first.out
    assert secret.stat().st_mode & 0o777 == 0o600
    assert first.out.split("+")[2].strip() not in secret.read_text()


def test_workers_make_no_key_of_their_own(shareflow: Run, tmp_path: Path) -> None:
    """Each would sign the same log by another: the one that a setting names must be there."""
    secret = tmp_path / "log.key"
    named = Settings({"SHAREFLOW_LOG_KEY": str(secret)})
    with pytest.raises(StartupError, match="is not there: `shareflow audit key --secret"):
        signer_named(named)
    made = shareflow("audit", "key", "--secret", secret).out.strip()
    signer = signer_named(named)
    assert signer is not None
    assert signer.key.written() == made
    assert signer_named(Settings({})) is None


@pytest.mark.parametrize("content", ["", "PRIVATE+KEY+x+00000000+AAAA\n", "\xff", "key"])
def test_what_is_no_key_is_told_and_kept(shareflow: Run, tmp_path: Path, content: str) -> None:
    secret = tmp_path / "log.key"
    secret.write_text(content, encoding="latin-1")
    assert shareflow("audit", "key", "--secret", secret).plainly_refused().startswith(str(secret))
    assert secret.read_text(encoding="latin-1") == content
    assert "cannot be used" in shareflow("audit", "key", "--secret", tmp_path).plainly_refused()


def test_of_a_device_the_file_names_the_key_and_what_signs(shareflow: Run, tmp_path: Path) -> None:
    device = device_in(tmp_path)
    assert shareflow("audit", "key", "--secret", device).out.strip() == LOG_KEY.key.written()
    signer = signer_named(Settings({"SHAREFLOW_LOG_KEY": str(device)}))
    assert signer is not None
    signer.key.check(b"a text", signer.sign(b"a text"))
    for command, told in (
        ("", "no program stands after sign:."),
        ('"half', "the program that signs cannot be made out: No closing quotation."),
    ):
        refused = shareflow("audit", "key", "--secret", named_in(device, command)).plainly_refused()
        assert refused == f"{device}: {told}"
    witness = Witness("audit.example", b"\x07" * 32, lambda: 0).key.written()
    device.write_text(f"{witness}\nsign: true\n", encoding="ascii")
    told = shareflow("audit", "key", "--secret", device).plainly_refused()
    assert told == f"{device}: the key of a witness signs no log."
    device.write_bytes(b"\xff\x00")
    assert shareflow("audit", "key", "--secret", device).plainly_refused() == f"{device} is not text: it has no key."


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("/no/such/program", "cannot be run: No such file or directory."),
        ("sh -c 'echo the card is not in >&2; exit 3'", "ended with 3 (the card is not in)."),
        ("cat", "wrote 6 bytes that are no signature by shareflow/test."),
        ("sleep 5", "gave nothing within 0.1 s."),
    ],
)
def test_a_device_that_does_not_sign_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, told: str
) -> None:
    monkeypatch.setattr("configuration.signing_program.SECONDS", 0.1)
    with pytest.raises(CannotSign) as failed:
        signer_there(named_in(tmp_path / "device.key", command)).sign(b"a text")
    assert str(failed.value) == f"Nothing was signed: {command.split()[0]} {told}"


def test_what_the_auditor_brings_is_read(shareflow: Run, tmp_path: Path) -> None:
    log = MemoryLog()
    dossier, path = logged(dossier_of(CASE), log, entered(dossier_of(CASE), log)), tmp_path / "case.zip"
    path.write_bytes(packed(dossier))
    key, kept, none = tmp_path / "log.pub", tmp_path / "kept.txt", tmp_path / "none"
    key.write_text(f"{LOG_KEY.key.written()}\n")
    kept.write_text(log.checkpoint(), encoding="utf-8")
    said = shareflow("audit", "verify", path, "--key", key, "--checkpoint", kept)
    others = [line.split()[1] for line in said.out.splitlines()[:-2] if line[:2] != "ok"]
    assert (said.code, others) == (0, ["dates", "timestamp"]), said
    assert "cannot be read" in shareflow("audit", "verify", path, "--key", none).plainly_refused()
    none.write_bytes(b"\xff\xfe")
    assert "is not text" in shareflow("audit", "verify", path, "--key", none).plainly_refused()
    none.write_text("\n")
    assert "there is no key in it" in shareflow("audit", "verify", path, "--key", none).plainly_refused()
    assert "a public key is" in shareflow("audit", "verify", path, "--key", kept).plainly_refused()
    for of_another_kind in (key, none, path):
        wrong = shareflow("audit", "verify", path, "--checkpoint", of_another_kind)
        assert (wrong.code, wrong.out) == (2, "")
        wrong.plainly_refused()
    assert "is no checkpoint: a note is" in shareflow("audit", "verify", path, "--checkpoint", key).plainly_refused()
    assert "a note is a text" in shareflow("audit", "export", "X", "-o", path, "--checkpoint", key).plainly_refused()


def test_a_dossier_is_replayed_at_an_instant_and_against_another(shareflow: Run, whole: Path) -> None:
    shown = json.loads(shareflow("audit", "replay", whole, "--at", "2026-09-22T10:00:00+08:00", "--json").out)
    assert (shown["stage"], shown["waits_for"]) == ("provider_answer", ["provider"])
    assert "grant" in shown["allowed"]["provider"]
    assert [clock["state"] for clock in shown["clocks"]] == ["met", "running"]
    assert shown["known_now"] == []
    page = shareflow("audit", "replay", whole, "--at", "2026-09-22T10:00:00+08:00")
    assert page.code == 0, page
    assert "provider may" in page.out
    assert "Known until" not in page.out
    instants = ("--at", "2026-09-22T10:00:00+08:00", "--against", "2026-10-12T12:00:00+08:00")
    found = json.loads(shareflow("audit", "replay", whole, *instants, "--json").out)
    assert [found["from"]["stage"], found["to"]["stage"]] == ["provider_answer", "refused"]
    assert found["changed"][0]["changes"]["state"] == ["running", "met_late"]
    assert "refused" in [event["type"] for event in found["events"]]
    told = shareflow("audit", "replay", whole, *instants)
    assert told.code == 0, told
    assert "may no longer" in told.out
    early = shareflow("audit", "replay", whole, "--at", "2026-01-01T00:00:00+08:00")
    assert "was not filed yet" in early.plainly_refused(1)


def test_a_page_is_drawn_anew_whatever_the_packed_one_says(shareflow: Run, tmp_path: Path) -> None:
    drawn, lying = tmp_path / "page.html", tmp_path / "lying.zip"
    dossier = dossier_of(CASE)
    files = {**dossier.files, PAGE: b"<!doctype html>all was in time"}
    said = dossier.manifest
    listed = manifest_of(said.request_id, said.algorithm, "0.0.9", files)
    lying.write_bytes(packed(CaseDossier(listed, files, seal=seal_of(listed, LOG_KEY))))
    key = tmp_path / "log.pub"
    key.write_text(LOG_KEY.key.written(), encoding="ascii")
    said_of_it = shareflow("audit", "verify", lying, "--key", key)
    assert said_of_it.code == 1
    for line in ("release      no release that this one", "page         dossier.html is not the page"):
        assert f"FAIL     {line}" in said_of_it.out
    assert shareflow("audit", "page", lying, "-o", drawn).out == f"The page of {said.request_id} is in {drawn}.\n"
    assert "is a dossier that is read here" in shareflow("audit", "page", lying, "-o", lying).plainly_refused()
    assert drawn.read_text("utf-8") == dossier.files[PAGE].decode().replace(said.made_by, "0.0.9")
    lying.write_bytes(packed(CaseDossier(listed, {**files, EVENTS: b""})))
    told = shareflow("audit", "page", lying, "-o", drawn).plainly_refused(1)
    assert "does not hold: digests" in told


def test_which_cases_are_meant_must_be_said(shareflow: Run) -> None:
    assert shareflow("audit", "replay").plainly_refused().startswith("Which cases?")
    period = ("--from", "2026-02-01", "--to", "2026-01-01")
    assert "before it begins" in shareflow("audit", "replay", *period).plainly_refused()
    assert shareflow("audit", "replay", "--from", "soon").plainly_refused().startswith("--from ")
    assert shareflow("audit", "replay", "--department", "").plainly_refused().startswith("--department ")


def test_findings_of_dossiers_are_told_and_written(shareflow: Run, whole: Path, tmp_path: Path) -> None:
    told = shareflow("audit", "findings", whole)
    assert told.code == 0, told
    assert "逾期1个工作日" in told.out
    assert told.out.endswith("1 finding\n")
    [found] = json.loads(shareflow("audit", "findings", whole, "--json").out)
    assert (found["kind"], found["article"], found["working_days_late"]) == ("late_answer", "22", 1)
    csv, xlsx = tmp_path / "found.csv", tmp_path / "found.xlsx"
    assert shareflow("audit", "findings", whole, whole, "--csv", csv).out.startswith("1 finding in ")
    assert csv.read_bytes().startswith(b"\xef\xbb\xbf")
    assert len(csv.read_text("utf-8").splitlines()) == 2
    assert shareflow("audit", "findings", whole, "--xlsx", xlsx).code == 0
    assert xlsx.read_bytes().startswith(b"PK")
    both = shareflow("audit", "findings", whole, "--csv", csv, "--json").plainly_refused()
    assert both == "Give one of --json, --xlsx and --csv."
    assert "not both" in shareflow("audit", "findings", whole, "--from", "2026-01-01").plainly_refused()
    assert "cannot be written" in shareflow("audit", "findings", whole, "--csv", tmp_path / "a/b.csv").plainly_refused()
    assert "No engine" in shareflow("audit", "findings", "--statute", "nantong-2020").plainly_refused()


def test_event_logs_of_dossiers(shareflow: Run, whole: Path, tmp_path: Path) -> None:
    begins = {"ocel": b'{"eventTypes"', "xes": b"<?xml", "csv": b"\xef\xbb\xbfcase_id"}
    for form, beginning in begins.items():
        path = tmp_path / f"log.{form}"
        told = shareflow("audit", "log", whole, "--format", form, "-o", path)
        assert (told.code, told.out) == (0, f"1 case in {path}\n")
        assert path.read_bytes().startswith(beginning)
    assert len(json.loads((tmp_path / "log.ocel").read_text("utf-8"))["events"]) > 5
    none = tmp_path / "none"
    assert "no format yaml" in shareflow("audit", "log", whole, "--format", "yaml", "-o", none).plainly_refused()
    assert "No engine" in shareflow("audit", "log", "-o", none).plainly_refused()
    assert "not both" in shareflow("audit", "log", whole, "--to", "2026-01-01", "-o", none).plainly_refused()
    assert "zip" in shareflow("audit", "log", tmp_path / "log.csv", "-o", none).plainly_refused()
    assert not none.exists()


def test_each_case_is_in_a_log_once(shareflow: Run, whole: Path, tmp_path: Path) -> None:
    once, twice, copy, shorter = (tmp_path / name for name in ("once", "twice", "copy.zip", "shorter.zip"))
    copy.write_bytes(whole.read_bytes())
    assert shareflow("audit", "log", whole, "-o", once).code == 0
    assert shareflow("audit", "log", whole, whole, copy, "-o", twice).out == f"1 case in {twice}\n"
    assert once.read_bytes() == twice.read_bytes()
    dossier = dossier_of(CASE)
    events = b"".join(dossier.files[EVENTS].splitlines(keepends=True)[:-1])
    shorter.write_bytes(packed(resealed(dossier, {**dossier.files, EVENTS: events})))
    told = shareflow("audit", "log", whole, shorter, "-o", twice).plainly_refused()
    assert told == f"{shorter} has {dossier.manifest.request_id} in another state than {whole}: name one of them."
    assert once.read_bytes() == twice.read_bytes()


@pytest.mark.parametrize("what", ["hold", "release", "dispose"])
@pytest.mark.parametrize("reason", ["", "   ", "\u3000\u200b\t"])
def test_a_reason_that_nobody_sees_is_none(shareflow: Run, what: str, reason: str) -> None:
    assert shareflow("audit", what, "NANTONG-1", "--reason", reason).plainly_refused(2).startswith("--reason ")


def test_what_is_no_file_is_told_and_never_waited_for(shareflow: Run, whole: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.zip")
    (tmp_path / "linked.zip").symlink_to(whole)
    told = shareflow("audit", "verify", tmp_path)
    assert [line.split()[:2] for line in told.out.splitlines()[:3]] == [
        ["ok", "case.zip"], ["ok", "linked.zip"], ["FAIL", "pipe.zip"],
    ]  # fmt: skip
    assert "pipe.zip is not a file." in told.out
    assert told.code == 2
