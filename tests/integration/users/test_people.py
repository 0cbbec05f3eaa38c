import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.db import IntegrityError, transaction

from dashu.users.models import Borrower, Partner, User
from dashu.users.roles import sync_roles
from tests import factories


@pytest.mark.django_db
class TestUser:
    def test_is_one_person_however_the_address_is_typed(self):
        user = User.objects.create_user(" Amina@People.Example ", "pass")

        assert user.email == "amina@people.example"
        assert User.objects.get_by_natural_key("AMINA@people.example") == user
        with pytest.raises(IntegrityError, match="email"), transaction.atomic():
            User.objects.create_user("aMina@people.example", "pass")
        with pytest.raises(IntegrityError, match="lower_case"), transaction.atomic():
            User.objects.filter(pk=user.pk).update(email="Amina@people.example")

    @pytest.mark.parametrize(
        ("role", "is_staff", "groups"),
        [
            (User.Role.BORROWER, False, []),
            (User.Role.PARTNER, False, []),
            (User.Role.COLLECTOR, True, ["COLLECTOR"]),
            (User.Role.ACCOUNTANT, True, ["ACCOUNTANT"]),
            (User.Role.ADMIN, True, ["ADMIN"]),
        ],
    )
    def test_role_decides_staff_and_group(self, role, is_staff, groups):
        user = User.objects.create_user("x@people.example", "pass", role=role)

        assert user.is_staff is is_staff
        assert list(user.groups.values_list("name", flat=True)) == groups

    def test_leaves_the_old_role_behind(self, chidi):
        chidi.role = User.Role.BORROWER
        chidi.save()

        chidi.refresh_from_db()
        assert chidi.is_staff is False
        assert chidi.groups.exists() is False

    def test_database_refuses_staff_without_a_staff_role(self, amina):
        with pytest.raises(IntegrityError, match="users_user_staff_follows_role"), transaction.atomic():
            User.objects.filter(pk=amina.user_id).update(is_staff=True)


@pytest.mark.django_db
class TestRoles:
    def test_each_role_may_do_what_its_file_says(self, chidi):
        accountant = User.objects.create_user("acc@dashu.example", "pass", role=User.Role.ACCOUNTANT)

        assert chidi.has_perm("users.view_borrower") is True
        assert chidi.has_perm("users.change_user") is False
        assert chidi.has_perm("ledger.view_posting") is False
        assert accountant.has_perm("ledger.view_posting") is True
        assert accountant.has_perm("ledger.change_posting") is False

    def test_syncing_again_takes_back_what_the_file_does_not_grant(self):
        group = Group.objects.get(name="COLLECTOR")
        before = set(group.permissions.values_list("codename", flat=True))
        group.permissions.add(Group.objects.get(name="ACCOUNTANT").permissions.get(codename="view_posting"))

        sync_roles()

        assert set(group.permissions.values_list("codename", flat=True)) == before


@pytest.mark.django_db
class TestVisibility:
    def test_a_borrower_sees_only_themselves(self, amina, brook):
        assert list(Borrower.objects.visible_to(amina.user)) == [amina]

    def test_staff_see_everyone_and_strangers_no_one(self, amina, brook, dana):
        assert set(Borrower.objects.visible_to(factories.staff("Una", "UNDERWRITER"))) == {amina, brook}
        assert list(Borrower.objects.visible_to(dana.user)) == []
        assert list(Borrower.objects.visible_to(AnonymousUser())) == []

    def test_a_partner_sees_whom_it_brought_while_it_is_active(self, amina, dana):
        brought = factories.borrower("Brook", source="partner:dana", external_id="C-1")
        factories.borrower("Chen", source="partner:eve", external_id="C-1")
        assert list(Borrower.objects.visible_to(dana.user)) == [brought]

        dana.is_active = False
        dana.save()

        assert list(Borrower.objects.visible_to(dana.user)) == []

    def test_who_is_given_people_one_by_one_sees_those(self, amina, brook, chidi):
        assert list(Borrower.objects.visible_to(chidi)) == []

        factories.given_to(chidi, brook)

        assert list(Borrower.objects.visible_to(chidi)) == [brook]

    def test_someone_made_inactive_sees_nothing(self, amina):
        amina.user.is_active = False

        assert list(Borrower.objects.visible_to(amina.user)) == []

    def test_a_partner_sees_itself(self, amina, chidi, dana):
        other = Partner.objects.create(code="other", name="Other")

        assert list(Partner.objects.visible_to(dana.user)) == [dana]
        assert list(Partner.objects.visible_to(chidi)) == [dana, other]
        assert list(Partner.objects.visible_to(amina.user)) == []


@pytest.mark.django_db
class TestBorrower:
    def test_gets_a_public_number(self, amina, brook):
        assert amina.number != brook.number
        assert amina.number[0] == "B"
        assert amina.number[1:].isdigit() is True

    def test_is_known_once_by_its_number_at_the_source(self):
        Borrower.objects.create(name="A", source="tape", external_id="1")
        Borrower.objects.create(name="B", source="other tape", external_id="1")
        Borrower.objects.create(name="C")
        Borrower.objects.create(name="D")

        with pytest.raises(IntegrityError, match="users_borrower_source_is_unique"), transaction.atomic():
            Borrower.objects.create(name="E", source="tape", external_id="1")

        assert Borrower.objects.count() == 4
