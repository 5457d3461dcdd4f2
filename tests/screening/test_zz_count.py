import collections, pytest
from tests.screening import test_properties as t
C=collections.Counter()
orig=t.Screening.attempt
def attempt(self, deed, who, *a, **k):
    d=orig(self, deed, who, *a, **k); C[(deed.__name__, d)]+=1; return d
t.Screening.attempt=attempt
@pytest.mark.django_db
def test_x():
    t.test_every_sequence_of_actions_keeps_what_is_promised()
    print(sorted(C.items()))
