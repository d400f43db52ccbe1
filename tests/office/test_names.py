"""What members and projects are called in reports: nobody is taken for somebody else."""

import pytest

from gallery.models import Project
from studio.credits import ledger
from studio.office import names
from tests.conftest import person
from tests.credits.books import made


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ada Brandt", "Ada Brandt"),
        ("Søren Ågård-Müller 3", "Søren Ågård-Müller 3"),
        ("Анна Ада", "Анна Ада"),
        ("Ελένη", "Ελένη"),
        ("李雷 Lei", "李雷 Lei"),
        ("Анна (Anna)", "Анна (Anna)"),
        ("Аda", "\\u0410da"),
        ("Adа Brandt", "Ad\\u0430 Brandt"),
        ("Αda", "\\u0391da"),
        ("Ада\u03bf", "Ада\\u03bf"),
        ("Ada\u200b", "Ada\\u200b"),
        ("\u202eadA", "\\u202eadA"),
        ("Ada\nBrandt\x00", "Ada\\u000aBrandt\\u0000"),
        ("Ada\u2028B", "Ada\\u2028B"),
        ("\ufeffAda", "\\ufeffAda"),
        ("<b>Ada</b>", "<b>Ada</b>"),
        ("", ""),
    ],
)
def test_a_name_hides_nothing(text, shown):
    assert names.plain(text) == shown


@pytest.mark.django_db
class TestNames:
    def test_namesakes_are_told_apart_by_their_addresses(self):
        one, other = person("Ada"), person("ada2")
        type(other).objects.filter(pk=other.pk).update(name="Ada")
        accounts = [ledger.account_of(user).pk for user in (one, other)]
        found = names.members(accounts)
        assert [(found[pk].label, found[pk].note) for pk in accounts] == [
            ("Ada", "ada@example.com"),
            ("Ada", "ada2@example.com"),
        ]

    def test_who_left_is_named_and_told(self, charlie):
        found = names.members([ledger.account_of(charlie).pk])
        assert [(name.id, name.label, name.state) for name in found.values()] == [
            (charlie.pk, "Charlie", "not in the team any more")
        ]

    def test_a_project_is_called_as_it_is_now_with_its_code_and_client(self, alice):
        project = Project.objects.create(name="New name", code="AL-7", client="Alba")
        made(alice, project=(project.pk, "Old name"))
        assert names.projects([project.pk])[project.pk].label == "New name"
        assert names.projects([project.pk])[project.pk].note == "AL-7 · Alba"

    def test_a_project_that_is_gone_is_called_as_the_books_called_it_last(self, alice, bob):
        made(alice, project=(77, "Aurora"))
        made(bob, project=(77, "Aurora 2"))
        made(bob, project=(78, "Other"))
        found = names.projects([1, 77])
        assert [(name.label, name.note, name.state) for name in found.values()] == [
            ("General", "", ""),
            ("Aurora 2", "no. 77", "gone"),
        ]

    def test_nobody_is_asked_for(self):
        assert names.members([]) == names.projects([]) == {}
