"""Names of static files with a digest, for servers that let browsers keep them for ever."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

# Django's own patterns for this also look into scripts of packages, and trip over their comments.
IMPORTS_OF_OURS = (
    "js/*.js",
    ((r"""(?P<matched>\bfrom "(?P<url>\./[\w-]+\.js)";)""", """from "%(url)s";"""),),
)


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Writes digests into the imports of our scripts too: `import { a } from "./b.js";`

    Without them a new script would run with an old one that the browser has kept.
    """

    patterns = (*CompressedManifestStaticFilesStorage.patterns, IMPORTS_OF_OURS)
