"""What a browser sent, as files with paths: those of archives unpacked, junk put aside."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from screening.actions.together import Brought
from screening.files import on_disk
from screening.importers import UnreadableFile
from screening.importers.zipped import is_junk, is_zip_of_files, unpack


@contextmanager
def as_files(uploads: Sequence[UploadedFile]) -> Iterator[tuple[list[Brought], list[str]]]:
    """Every file that came, and the names of what is no file of results; gone again afterwards."""
    brought: list[Brought] = []
    ignored: list[str] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        for number, upload in enumerate(uploads):
            name = upload.name or ""
            if is_junk(name):
                ignored.append(name)
                continue
            if upload.size > settings.IMPORT_UPLOAD_BYTES:
                brought.append(Brought(name, None, _too_large(upload)))
                continue
            path = stack.enter_context(on_disk(upload))
            if is_zip_of_files(path):
                inside, left = _inside(name, path, folder / str(number))
                brought += inside
                ignored += left
            else:
                brought.append(Brought(name, path))
        yield brought, ignored


def _inside(name: str, path: Path, folder: Path) -> tuple[list[Brought], list[str]]:
    folder.mkdir()
    try:
        unpacked, ignored = unpack(path, folder)
    except UnreadableFile as problem:
        return [Brought(name, None, str(problem))], []
    return [_unless_archive(one.name, one.path) for one in unpacked], ignored


def _unless_archive(name: str, path: Path) -> Brought:
    if is_zip_of_files(path):
        return Brought(name, None, "This is a ZIP inside a ZIP: bring it in by itself.")
    return Brought(name, path)


def _too_large(upload: UploadedFile) -> str:
    return (
        f"This file has {filesizeformat(upload.size)}; a browser may send "
        f"{filesizeformat(settings.IMPORT_UPLOAD_BYTES)}. Ask whoever runs this server to import "
        "it by command: manage.py import_file REVIEW FILE."
    )
