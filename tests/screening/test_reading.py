from hypothesis import given
from hypothesis import strategies as st

from screening.reading import Highlight, Passage, Span, passages

TERMS = [Highlight("GAN"), Highlight("generat*"), Highlight("histopatholog*", is_against=True)]


def spans(text, terms=TERMS):
    return [span for passage in passages(text, terms) for span in passage.spans]


def marked(text, terms=TERMS):
    return [(span.text, span.mark) for span in spans(text, terms) if span.mark]


def test_a_term_is_a_literal_word():
    assert marked("A GAN and gans and organ") == [("GAN", "for")]


def test_a_star_stands_for_any_ending():
    assert marked("Generative, generators, degenerate") == [
        ("Generative", "for"),
        ("generators", "for"),
    ]


def test_terms_against_are_marked_otherwise():
    assert marked("histopathology by GAN") == [("histopathology", "against"), ("GAN", "for")]


def test_a_term_is_never_a_pattern():
    assert marked("a.b axb (x", [Highlight("a.b"), Highlight("(x")]) == [
        ("a.b", "for"),
        ("(x", "for"),
    ]
    assert marked("anything", [Highlight("*"), Highlight("  ")]) == []


def test_the_longest_term_wins_and_spaces_fold():
    terms = [Highlight("image"), Highlight("image synthesis")]

    assert marked("image\n synthesis of an image", terms) == [
        ("image\n synthesis", "for"),
        ("image", "for"),
    ]


def test_a_structured_abstract_is_cut_at_its_labels():
    text = "BACKGROUND: Few data. MATERIALS AND METHODS: A GAN. Conclusions: It helped."

    assert passages(text) == [
        Passage("Background", (Span("Few data."),)),
        Passage("Materials and methods", (Span("A GAN."),)),
        Passage("Conclusions", (Span("It helped."),)),
    ]


def test_an_abbreviation_before_a_colon_inside_a_sentence_is_no_label():
    assert passages("We used an FID: it was low. It improved DSC: by much.") == [
        Passage("", (Span("We used an FID: it was low. It improved DSC: by much."),))
    ]


def test_a_few_text_forms_are_known_and_nothing_else_is_markup():
    assert spans("CO<sub>2</sub> and <script>x</script> p<0.05", []) == [
        Span("CO"),
        Span("2", form="sub"),
        Span(" and <script>x</script> p<0.05"),
    ]


@given(st.text(max_size=300), st.lists(st.text(max_size=8), max_size=4))
def test_no_text_is_lost(text, words):
    shown = "".join(
        (f"{p.label.upper()}: " if p.label else "") + "".join(s.text for s in p.spans)
        for p in passages(text, [Highlight(word) for word in words])
    )
    plain = "".join(span.text for span in spans(text, []))

    assert "".join(span.text for span in spans(text, [Highlight(w) for w in words])) == plain
    if "<" not in text and ":" not in text:
        assert shown == text.rstrip() or not text.strip()
