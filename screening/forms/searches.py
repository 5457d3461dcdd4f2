from django import forms

from screening.models import SearchMethods


class SearchMethodsForm(forms.ModelForm):
    """What is said once for the whole search. Nothing has to be there."""

    ELSEWHERE = ("registers", "browsing", "citations", "contacts", "other_methods")
    HOW = ("together", "limits", "filters", "prior_work", "peer_review", "updates")
    AFTERWARDS = ("deduplication_software", "deduplication")

    class Meta:
        model = SearchMethods
        fields = SearchMethods.FACTS
        help_texts = {
            "registers": "Beside those listed as sources, or that none was searched.",
            "browsing": "Websites, tables of contents, proceedings: which, and how. Or none.",
            "citations": "Whether cited or citing references were looked at, of what, and how.",
            "contacts": "Authors, experts, manufacturers: whom, and what for. Or nobody.",
            "other_methods": "Whatever else was used to find studies. Or nothing else.",
            "together": "Databases that were searched at once, and on which platform. Or none.",
            "limits": "What holds for all sources, and why. Or that no limits were used.",
            "filters": "Published filters used for all sources, with citations. Or none.",
            "prior_work": "Reviews whose searches were reused or adapted, with citations. Or none.",
            "peer_review": "By whom, and with PRESS or not. Or that there was none.",
            "updates": "How searches were run again: when, or by alerts. Or that they were not.",
            "deduplication_software": "Such as EndNote 21 or Parallax.",
            "deduplication": "By which rules, and what was checked by hand.",
        }
        widgets = {
            name: forms.Textarea(attrs={"rows": 2})
            for name in SearchMethods.FACTS
            if name != "deduplication_software"
        }

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields under their headings."""
        named = {
            "Where else": self.ELSEWHERE,
            "How it was searched": self.HOW,
            "Afterwards": self.AFTERWARDS,
        }
        return [(title, [self[name] for name in names]) for title, names in named.items()]
