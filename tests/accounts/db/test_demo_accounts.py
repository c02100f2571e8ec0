"""Demo and first accounts."""

import io

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from tests.factories.registries import make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def areas(settings) -> None:
    settings.ENVIRONMENT_BANNER = "试验"
    make_world(vehicles=0)
    User.objects.all().delete()


def test_demo_accounts_are_made_once(areas: None) -> None:
    for _ in range(2):
        call_command("make_demo_accounts", stdout=io.StringIO())
    users = {user.username: user for user in User.objects.all()}
    assert len(users) == 11
    assert all(user.posts.count() == 1 for user in users.values())
    assert users["officer-1"].check_password("Laizhou-demo-2026")
    assert users["officer-1"].scope.block_ids and users["officer-2"].scope.block_ids
    assert not set(users["officer-1"].scope.block_ids) & set(users["officer-2"].scope.block_ids)
    for name in ("coordinator-1", "assistant-1"):
        assert set(users[name].scope.block_ids) <= set(users["officer-1"].scope.block_ids)
    assert users["liaison-1"].scope.source_codes == {"TRANSPORT"}


def test_demo_accounts_are_refused_on_a_real_system(areas: None, settings) -> None:
    settings.ENVIRONMENT_BANNER = ""
    with pytest.raises(CommandError, match="ENVIRONMENT_BANNER"):
        call_command("make_demo_accounts")
    assert not User.objects.exists()


def test_first_admin_gets_a_post_and_a_checked_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    with pytest.raises(CommandError):
        call_command("make_admin", "chief", "--password-stdin")
    assert not User.objects.exists()
    monkeypatch.setattr("sys.stdin", io.StringIO("A-good-password-2026\n"))
    call_command("make_admin", "chief", "--password-stdin", stdout=io.StringIO())
    user = User.objects.get(username="chief")
    assert user.check_password("A-good-password-2026")
    assert {right.value for right in user.scope.rights} == {"CONFIGURE"}
