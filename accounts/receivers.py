"""Keeps `auth_version` in step with posts and passwords, whoever changes them (admin, command, shell)."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver

from accounts.models import Post, User
from accounts.services.users import bump_auth_version


@receiver([post_save, post_delete], sender=Post)
def post_changed(instance: Post, **_kwargs: Any) -> None:
    bump_auth_version(user_id=instance.user_id)


@receiver(pre_save, sender=User)
def credentials_changed(instance: User, raw: bool = False, **_kwargs: Any) -> None:
    if instance.pk is None or raw:
        return
    before = User.objects.filter(pk=instance.pk).values("password", "is_active").first()
    if before and (before["password"] != instance.password or before["is_active"] != instance.is_active):
        instance.auth_version += 1
