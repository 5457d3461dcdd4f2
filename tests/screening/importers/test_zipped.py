"""ZIPs of files, those that people make and those that mean harm."""

import errno
import stat
import struct
import zipfile
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pytest
from openpyxl import Workbook

from screening.importers import UnreadableFile, zipped
from screening.importers.zipped import is_zip_of_files, unpack
from tests.screening.bibliography import ris


def archive(path: Path, files: dict[str, bytes | str], how: int = ZIP_DEFLATED) -> Path:
    with ZipFile(path, "w", how) as target:
        for name, content in files.items():
            target.writestr(name, content)
    return path


@pytest.fixture
def folder(tmp_path) -> Path:
    made = tmp_path / "unpacked"
    made.mkdir()
    return made


def test_files_come_out_as_they_went_in_with_their_paths_as_names(tmp_path, folder):
    path = archive(tmp_path / "a.zip", {"one.ris": ris(1), "deep/er/two.ris": ris(2)})

    unpacked, ignored = unpack(path, folder)

    assert is_zip_of_files(path)
    assert [(one.name, one.path.read_text()) for one in unpacked] == [
        ("one.ris", ris(1)),
        ("deep/er/two.ris", ris(2)),
    ]
    assert ignored == []


def test_what_systems_leave_is_named_and_passed_over(tmp_path, folder):
    junk = ["__MACOSX/._one.ris", ".DS_Store", "deep/.DS_Store", "Thumbs.db", "._two.ris"]
    path = archive(tmp_path / "a.zip", {"one.ris": ris(1), **dict.fromkeys(junk, "x")})

    unpacked, ignored = unpack(path, folder)

    assert ([one.name for one in unpacked], ignored) == (["one.ris"], junk)


def test_empty_folders_are_no_files(tmp_path, folder):
    path = tmp_path / "a.zip"
    with ZipFile(path, "w") as target:
        target.writestr(ZipInfo("folder/"), "")
        target.writestr("folder/one.ris", ris(1))

    assert [one.name for one in unpack(path, folder)[0]] == ["folder/one.ris"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("a/../../../b.ris", "a/b.ris"),
        ("..\\..\\windows\\b.ris", "windows/b.ris"),
        ("x" * 400 + ".ris", ("x" * 400 + ".ris")[-255:]),
        ("tab\there.ris", "tab\ufffdhere.ris"),
    ],
)
def test_no_name_leads_out_of_the_folder(tmp_path, folder, name, shown):
    path = archive(tmp_path / "a.zip", {name: ris(1)})

    [one], _ = unpack(path, folder)

    assert one.name == shown
    assert one.path.parent == folder
    assert {each.name for each in tmp_path.iterdir()} == {"a.zip", "unpacked"}


def test_a_link_is_not_followed(tmp_path, folder):
    path = tmp_path / "a.zip"
    link = ZipInfo("passwd")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with ZipFile(path, "w") as target:
        target.writestr(link, "/etc/passwd")
        target.writestr("one.ris", ris(1))

    unpacked, ignored = unpack(path, folder)

    assert ([one.name for one in unpacked], ignored) == (["one.ris"], ["passwd"])
    assert not any(one.is_symlink() for one in folder.iterdir())


def test_a_bomb_is_stopped_by_how_much_it_grows(tmp_path, folder):
    path = archive(tmp_path / "bomb.zip", {"zeros.ris": b"0" * 60_000_000})

    with pytest.raises(UnreadableFile, match=r"zeros\.ris grows to more than 200 times its size"):
        unpack(path, folder)

    assert sum(one.stat().st_size for one in folder.iterdir()) < 13_000_000


def test_a_bomb_that_lies_about_its_size_is_stopped_too(tmp_path, folder):
    path = archive(tmp_path / "liar.zip", {"zeros.ris": b"0" * 60_000_000})
    data = bytearray(path.read_bytes())
    place = data.rfind(b"PK\x01\x02")
    struct.pack_into("<L", data, place + 24, 10)
    path.write_bytes(data)

    with pytest.raises(UnreadableFile):
        unpack(path, folder)

    assert sum(one.stat().st_size for one in folder.iterdir()) < 13_000_000


def test_together_files_have_a_limit(tmp_path, folder, monkeypatch):
    monkeypatch.setattr(zipped, "LARGEST_TOTAL", 1_000_000)
    path = archive(tmp_path / "a.zip", {f"{n}.ris": b"0" * 300_000 for n in range(4)}, ZIP_STORED)

    with pytest.raises(UnreadableFile, match="more than 1 MB"):
        unpack(path, folder)


def test_too_many_files_are_refused_unopened(tmp_path, folder):
    path = archive(tmp_path / "a.zip", {f"{n}.ris": "x" for n in range(201)})

    with pytest.raises(UnreadableFile, match="holds 201 files; 200 can be taken at once"):
        unpack(path, folder)

    assert list(folder.iterdir()) == []


def test_a_list_of_a_million_files_is_not_even_read(tmp_path, folder, monkeypatch):
    path = archive(tmp_path / "a.zip", {f"{n:040}.ris": "" for n in range(12_000)}, ZIP_STORED)
    monkeypatch.setattr(zipfile.ZipFile, "_RealGetContents", None)

    with pytest.raises(UnreadableFile, match="lists far more files"):
        unpack(path, folder)
    assert is_zip_of_files(path), "so that it is told"


def test_a_locked_archive_is_told(tmp_path, folder):
    path = archive(tmp_path / "a.zip", {"one.ris": ris(1)})
    data = bytearray(path.read_bytes())
    data[data.find(b"PK\x03\x04") + 6] |= 1
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)

    with pytest.raises(UnreadableFile, match="protected by a password"):
        unpack(path, folder)


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.95])
def test_half_an_archive_is_damaged(tmp_path, folder, kept):
    path = archive(tmp_path / "a.zip", {f"{n}.ris": ris(50) for n in range(3)})
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])

    assert is_zip_of_files(path)
    with pytest.raises(UnreadableFile, match="This ZIP is damaged"):
        unpack(path, folder)


def test_a_changed_byte_is_damage(tmp_path, folder):
    path = archive(tmp_path / "a.zip", {"one.ris": ris(50)}, ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[200] ^= 0xFF
    path.write_bytes(data)

    with pytest.raises(UnreadableFile, match="This ZIP is damaged"):
        unpack(path, folder)


@pytest.mark.parametrize("files", [{}, {".DS_Store": "x"}])
def test_an_archive_of_nothing_is_told(tmp_path, folder, files):
    path = archive(tmp_path / "a.zip", files)

    assert is_zip_of_files(path)
    with pytest.raises(UnreadableFile, match="holds no file"):
        unpack(path, folder)


def test_a_workbook_and_a_document_are_no_archives_of_files(tmp_path):
    workbook = tmp_path / "a.xlsx"
    Workbook().save(workbook)
    document = archive(tmp_path / "b.docx", {"[Content_Types].xml": "", "word/document.xml": ""})

    assert not is_zip_of_files(workbook)
    assert not is_zip_of_files(document)


def test_half_a_workbook_is_told_of_as_a_workbook(tmp_path):
    path = tmp_path / "a.xlsx"
    Workbook().save(path)
    path.write_bytes(path.read_bytes()[:2_000])

    assert not is_zip_of_files(path)


def test_text_is_no_archive(tmp_path):
    path = tmp_path / "a.zip"
    path.write_text(ris(1))

    assert not is_zip_of_files(path)


def test_a_full_disk_is_not_taken_for_damage_of_the_file(tmp_path, folder, monkeypatch):
    path = archive(tmp_path / "a.zip", {"one.ris": ris(1)})

    def fills_the_disk(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(zipped, "_unpacked", fills_the_disk)

    with pytest.raises(OSError, match="No space left"):
        unpack(path, folder)
