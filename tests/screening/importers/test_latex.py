# ruff: noqa: RUF001 (the letters that look like others are what this is about)
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.importers.bibtex.latex import text, verbatim


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"{\"O}rtlich", "Örtlich"),
        (r"\"{O}rtlich", "Örtlich"),
        (r"{\"{O}}rtlich", "Örtlich"),
        (r"Mar\'{\i}a", "María"),
        (r"Mar\'\i a", "María"),
        (r"Erd\H{o}s", "Erdős"),
        (r"\c cesme", "çesme"),
        (r"{\v S}imi\'c", "Šimić"),
        (r"\.{I}stanbul", "İstanbul"),
        (r"\k{a}", "ą"),
        (r"\r{a}", "å"),
        (r"\'", ""),
    ],
)
def test_an_accent_is_put_on_the_letter_behind_it(written, read):
    assert text(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"\o stergaard", "østergaard"),
        (r"{\ss}e and \ss{}e", "ße and ße"),
        (r"\AA ngstr\"om", "Ångström"),
        (r"{\ae}sthetic", "æsthetic"),
        (r"\L{}\'od\'z", "Łódź"),
        ("?`Que? !`Hola!", "¿Que? ¡Hola!"),
    ],
)
def test_letters_that_have_a_command_are_read(written, read):
    assert text(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1999--2001", "1999–2001"),
        ("one---two", "one—two"),
        ("``quoted''", "“quoted”"),
        (r"R\&D, 5\%, \$7, a\_b, \#1, \{x\}", "R&D, 5%, $7, a_b, #1, {x}"),
        (r"p {\textless} 0.05", "p < 0.05"),
        (r"p \textless 0.05", "p <0.05"),
        (r"\textbackslash{}n", r"\n"),
        (r"10\,000", "10 000"),
        (r"end\\next", "end next"),
    ],
)
def test_dashes_quotation_marks_and_escaped_characters_are_read(written, read):
    assert text(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"$\alpha$-test", "α-test"),
        (r"\(\beta\)-test", "β-test"),
        ("H$_2$O", "H<sub>2</sub>O"),
        ("10$^{-3}$", "10<sup>-3</sup>"),
        (r"x$^\alpha$", "x<sup>α</sup>"),
        (r"\textsuperscript{13}C", "<sup>13</sup>C"),
        (r"37$^{\circ}$C", "37°C"),
        (r"$p \leq 0.05$", "p ≤ 0.05"),
        (r"$\frac{a}{b}$", "a/b"),
        (r"$\mathfrak{W}(n)$", "W(n)"),
        (r"$\unheardof + 1$", "unheardof + 1"),
        ("$$n = 5$$", "n = 5"),
        ("a_b and a^b", "a_b and a^b"),
    ],
)
def test_mathematics_becomes_text_without_dollar_signs(written, read):
    assert text(written) == read


@pytest.mark.parametrize(
    "written",
    ["US$5 or A$7", "from $5 million to $10 million", "$", "costs $5-$10", "a $ b $ c"],
)
def test_a_dollar_that_is_money_stays(written):
    assert text(written) == written


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Fig.~1", "Fig. 1"),
        ("J.~Smith", "J. Smith"),
        ("in ~5 cases", "in ~5 cases"),
        ("p~0.05", "p~0.05"),
        ("~", "~"),
        (r"\~{}", "~"),
    ],
)
def test_a_tilde_is_a_blank_only_where_it_binds_words(written, read):
    assert text(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("the {NHS} in {{England}}", "the NHS in England"),
        (r"\emph{E. coli} and {\it E. coli}", "E. coli and E. coli"),
        (r"\unheardof{argument}", "argument"),
        (r"\href{https://example.org}{the site}", "the site"),
        ("one { too many", "one  too many"),
        ("one } too many", "one  too many"),
        ("a backslash at the end \\", "a backslash at the end \\"),
        ("<i>kept</i>", "<i>kept</i>"),
    ],
)
def test_protecting_braces_and_formatting_go(written, read):
    assert text(written) == read


def test_an_address_keeps_its_tildes_and_dashes():
    assert verbatim(r"\url{https://a.org/~b--c\_d?e=``f''\&g}") == "https://a.org/~b--c_d?e=``f''&g"


@given(st.text(alphabet="ab1 \n$\\{}^_~-`'\"?!<>éαßci", max_size=60))
def test_nothing_that_can_be_written_breaks_the_reader(written):
    assert isinstance(text(written), str)
    assert isinstance(verbatim(written), str)


@pytest.mark.parametrize(
    "piece", ["{", "}", "\\'", "$a", "$a$", "--", "\\frac{", "\\href{", "{\\it ", "^{", "~", "\\ "]
)
def test_the_time_grows_with_the_length_and_not_with_its_square(piece):
    started = process_time()
    text(piece * 20_000)
    short = process_time() - started

    text(piece * 160_000)

    assert process_time() - started - short < 30 * short + 0.5
