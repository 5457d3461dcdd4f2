"""What every page looks like: within the content security policy, and small."""

import gzip
import re
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.template.loader import render_to_string

from config.static_files import HashedStaticFiles

CONFIG = settings.BASE_DIR / "config"
TEMPLATES = sorted(
    path
    for folder in (
        CONFIG / "templates",
        *(
            settings.BASE_DIR / app / "templates"
            for app in ("screening", "extraction", "reporting")
        ),
    )
    for path in folder.rglob("*.html")
)
REFUSED_BY_THE_POLICY = re.compile(
    r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:|\shx-on"
)


@pytest.mark.parametrize(
    "path", TEMPLATES, ids=lambda path: str(path.relative_to(settings.BASE_DIR))
)
def test_a_template_holds_nothing_that_the_content_security_policy_refuses(path: Path) -> None:
    markup = path.read_text()

    found = REFUSED_BY_THE_POLICY.findall(markup)

    assert found == []


def test_the_stylesheet_stays_small() -> None:
    stylesheets = sorted(CONFIG.glob("static/css/*.css"))

    size = sum(len(gzip.compress(path.read_bytes())) for path in stylesheets)

    assert size < 12_000


def test_a_script_imports_another_by_the_name_with_its_digest(tmp_path: Path) -> None:
    """Else a new script would run with an old one that the browser has kept."""
    shutil.copytree(CONFIG / "static" / "js", tmp_path / "js")
    scripts = {f"js/{path.name}": path for path in (tmp_path / "js").iterdir()}
    stored = HashedStaticFiles(location=tmp_path)

    for _, _, problem in stored.post_process({name: (stored, name) for name in scripts}):
        assert not isinstance(problem, Exception)

    outbox = stored.stored_name("js/outbox.js")
    screening = (tmp_path / stored.stored_name("js/screening.js")).read_text()
    assert outbox != "js/outbox.js"
    assert f'from "./{Path(outbox).name}";' in screening
    for name, path in scripts.items():
        unnamed = re.findall(r"""(?:from|import)\s*\(?["'](?!\./[\w-]+\.js";)""", path.read_text())
        assert unnamed == [], f"{name} imports in a way that gets no digest"


def test_a_message_is_escaped_and_a_problem_says_so_in_words() -> None:
    message = Message(constants.ERROR, "<b>1 < 2</b>")

    shown = render_to_string("_message.html", {"message": message})

    assert " ".join(shown.split()) == (
        '<p class="notice error" role="alert"> <b>Problem:</b> &lt;b&gt;1 &lt; 2&lt;/b&gt; </p>'
    )


def test_a_visitor_sees_no_menu_of_a_person(rf) -> None:
    request = rf.get("/")
    request.user = AnonymousUser()

    page = render_to_string("base.html", request=request)

    assert "Sign out" not in page
