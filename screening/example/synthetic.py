"""Invented records without end, in RIS: the same for the same count, on every machine."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

FAMILY_NAMES = [
    "Abendrot",
    "Bellweather",
    "Corvaglia",
    "Dunmarrow",
    "Eskeland",
    "Farnleigh",
    "Gravenhorst",
    "Hollerith",
    "Ishibara",
    "Jorvik",
    "Kestrelton",
    "Lindenau",
    "Marchetti",
    "Nordahl",
    "Okonjo",
    "Pellworm",
    "Quarrington",
    "Rosenkvist",
    "Sandoval",
    "Thackery",
    "Ullmark",
    "Vestergren",
    "Wintersohl",
    "Yamanori",
    "Zelenko",
]
GIVEN_NAMES = [
    "Ada",
    "Bram",
    "Chidi",
    "Dora",
    "Emil",
    "Fumiko",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Kaja",
    "Lior",
    "Mila",
    "Noor",
]
JOURNALS = (
    "Example Archives of Imaging",
    "Journal of Invented Medicine",
    "Proceedings on Things That Were Not Measured",
    "Specimen Radiology",
)
GENERATORS = (
    "a conditional adversarial network",
    "a denoising diffusion model",
    "a latent diffusion model",
    "a style-based generator",
    "a variational autoencoder",
    "cycle-consistent translation",
    "physics-based simulation",
    "a normalising flow",
    "elastic deformation",
    "a classical interpolation",
)
MODALITIES = (
    "chest radiographs",
    "digital mammograms",
    "brain MRI",
    "cardiac MRI",
    "abdominal CT",
    "low-dose chest CT",
    "fundus photographs",
    "retinal OCT",
    "dermoscopic images",
    "colonoscopy frames",
    "thyroid ultrasound",
    "fetal ultrasound",
    "FDG PET",
    "panoramic dental radiographs",
    "knee radiographs",
    "histology slides",
)
CONDITIONS = (
    "small pulmonary nodules",
    "early osteoarthritis",
    "diabetic macular oedema",
    "rare melanoma subtypes",
    "multiple sclerosis lesions",
    "subtle fractures",
    "liver metastases",
    "flat polyps",
    "microcalcifications",
    "congenital heart disease",
    "glioma",
    "Parkinson disease",
    "stroke",
    "pneumothorax",
)
PURPOSES = (
    "to balance a training set",
    "to share data without sharing patients",
    "to train residents",
    "to test a detector before its release",
    "to replace a missing sequence",
    "to lower the dose of contrast agent",
    "to harmonise two scanners",
    "to grade severity",
)
MEASURES = (
    "structural similarity",
    "the Fréchet inception distance",
    "a blinded reading by specialists",
    "agreement with real images",
    "sensitivity at fixed specificity",
    "the area under the curve",
    "the Dice coefficient",
)
SETTINGS = (
    "in a single centre",
    "in nine emergency departments",
    "in a screening programme",
    "in children",
    "in rural practices",
    "with ninety images",
    "across two vendors",
    "over five years",
)
BEGINNING = "Between 2012 and 2014, {n} patients of {town} and {few} of {far} were examined."
BACKGROUND = (
    "Training data for {condition} are scarce, and what there is comes from few centres.",
    "Images of {condition} are hard to collect, since few patients are examined early.",
    "Whether generated {modality} can stand in for acquired ones is not known.",
    "Readers and algorithms alike miss {condition}, in particular {setting}.",
    "Earlier work on {modality} used small samples and seldom reported {measure}.",
)
METHODS = (
    "We used {generator} {purpose} and compared it with {other} on the same {modality}.",
    "Examinations of {n} patients were split by patient into training, tuning and test sets.",
    "Quality was assessed by {measure} and by two readers who did not know which images were real.",
    "The detector was trained on real images only, on generated images only, and on mixtures of both.",
    "Hyperparameters were fixed before the test set was opened, and each run was repeated {few} times.",
    "A random sample of {n} images was checked for near copies of training images.",
    "Differences were tested with a paired permutation test and adjusted for multiple comparisons.",
    "Images with artefacts were excluded by one author and the exclusion was checked by another.",
)
RESULTS = (
    "With generated images, {measure} rose from 0.{low} to 0.{high} for {condition}.",
    "Readers called {few} of ten generated images real, not better than chance {setting}.",
    "The gain vanished once {n} real examinations were available.",
    "Compared with {other}, {generator} gave sharper images and fewer distinct cases.",
    "In the external test set {measure} was lower by 0.0{few}, most of it in {condition}.",
    "Two near copies of training images were found among {n} samples.",
    "Mixing generated and real images in equal parts was best; more of the former did harm.",
    "Results for {modality} were similar in men and women and varied with the scanner.",
)
CONCLUSIONS = (
    "Generated {modality} may help where {condition} are rare, but they do not replace real data.",
    "For {condition}, {generator} is a reasonable choice {purpose}.",
    "Studies should report {measure} together with the effect on the task.",
    "These findings need confirmation {setting} before any use in practice.",
)
TOWNS = (
    [
        "alder",
        "birken",
        "corven",
        "dunmar",
        "esker",
        "fallow",
        "gorsen",
        "hather",
        "innis",
        "jarrow",
        "kestrel",
        "lorn",
    ],
    [
        "ling",
        "more",
        "nether",
        "over",
        "penning",
        "quen",
        "raven",
        "stoven",
        "thorn",
        "under",
        "wester",
        "yarn",
    ],
    [
        "beck",
        "bourne",
        "cliffe",
        "dale",
        "fell",
        "garth",
        "haven",
        "mouth",
        "stead",
        "thwaite",
        "wick",
        "worth",
    ],
)
SENTENCES = ((BACKGROUND, 2), (METHODS, 5), (RESULTS, 5), (CONCLUSIONS, 2))
HEADINGS = ("BACKGROUND", "METHODS", "RESULTS", "CONCLUSIONS")
NO_ABSTRACT = 0.05


def write_ris(path: Path, count: int) -> None:
    """The file holds so many invented records."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for record in ris_records(count):
            file.write(record)


def ris_records(count: int) -> Iterator[str]:
    chance = Random(count)  # noqa: S311 -- repeatable, no secret
    for number in range(1, count + 1):
        yield _ris(number, chance)


def _ris(number: int, chance: Random) -> str:
    words = _words(chance)
    title = (
        "{Generator} for {modality} in {town}: {condition} {setting}, {purpose} in {far}".format(
            Generator=words["generator"].capitalize(), **words
        )
    )
    page = chance.randrange(1, 900)
    lines = [
        "TY  - JOUR",
        *(f"AU  - {_author(chance)}" for _ in range(chance.randrange(1, 8))),
        f"TI  - {title}",
        f"T2  - {chance.choice(JOURNALS)}",
        f"PY  - {chance.randrange(2015, 2025)}",
        f"VL  - {chance.randrange(1, 60)}",
        f"IS  - {chance.randrange(1, 13)}",
        f"SP  - {page}",
        f"EP  - {page + chance.randrange(3, 15)}",
        f"DO  - 10.0000/invented.{number}",
        f"KW  - {words['modality']}",
        f"KW  - {words['condition']}",
        "LA  - English",
    ]
    if chance.random() >= NO_ABSTRACT:
        lines.append(f"AB  - {_abstract(words, chance)}")
    return "\n".join(lines) + "\nER  - \n\n"


def _abstract(words: dict[str, str], chance: Random) -> str:
    parts = []
    first = [BEGINNING]
    for heading, (sentences, count) in zip(HEADINGS, SENTENCES, strict=True):
        text = " ".join([*first, *chance.sample(sentences, count)])
        parts.append(f"{heading}: {text}")
        first = []
    return " ".join(parts).format(**words)


def _words(chance: Random) -> dict[str, str]:
    generator, other = chance.sample(GENERATORS, 2)
    return {
        "generator": generator,
        "other": other,
        "modality": chance.choice(MODALITIES),
        "condition": chance.choice(CONDITIONS),
        "purpose": chance.choice(PURPOSES),
        "measure": chance.choice(MEASURES),
        "setting": chance.choice(SETTINGS),
        "town": _town(chance),
        "far": _town(chance),
        "n": f"{chance.randrange(40, 9_000):,}",
        "few": str(chance.randrange(2, 10)),
        "low": str(chance.randrange(60, 80)),
        "high": str(chance.randrange(80, 97)),
    }


def _town(chance: Random) -> str:
    """One of some thousand, so that few of many records have titles that are much alike."""
    return "".join(map(chance.choice, TOWNS)).capitalize()


def _author(chance: Random) -> str:
    """One of some hundred families: of many records few have a first author in common."""
    family = "-".join(chance.sample(FAMILY_NAMES, 2))
    return f"{family}, {chance.choice(GIVEN_NAMES)}"
