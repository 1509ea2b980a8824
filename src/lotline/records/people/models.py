"""Accounts, what they may do in which plant, and the personal tokens of the API. Nothing here counts seats."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin, UserManager
from django.db import models

from lotline.records.people.choices import AccessAct, Role, Scope
from lotline.records.places.keys import UuidField, new_id
from lotline.records.places.scope import PlantRow, ScopedManager, one_plant_key


class User(AbstractBaseUser, PermissionsMixin):
    """One person, one account: group data."""

    id = UuidField(primary_key=True, default=new_id, editable=False)
    username = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=80, blank=True)
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=10, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    # Somebody else knows the password: it opens nothing but the page on which its owner chooses another one.
    must_change_password = models.BooleanField(default=False)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ("username",)

    def __str__(self) -> str:
        return self.name or self.username


class Membership(PlantRow):
    """What a person is in one plant. Users are group data, so they are named by id without a database constraint."""

    user_id = UuidField()
    role = models.CharField(max_length=12, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "rows"
        constraints = (
            one_plant_key("membership"),
            models.UniqueConstraint(fields=["plant", "user_id", "role"], name="membership_once"),
        )
        indexes = (models.Index(fields=["user_id"], name="membership_by_user"),)

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"


class Token(PlantRow):
    """A personal token for the API: only its SHA-256 is kept. Its rights are its scopes within its owner's rights.

    ``last_used_at`` is noted at most once an hour, so it may be an hour behind.
    """

    user_id = UuidField()
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "rows"
        constraints = (
            one_plant_key("token"),
            models.UniqueConstraint(fields=["plant", "digest"], name="token_digest"),
        )
        indexes = (models.Index(fields=["digest"], name="token_by_digest"),)

    def __str__(self) -> str:
        return self.name

    @property
    def scope_set(self) -> frozenset[Scope]:
        """The scopes as values of the enum; unknown ones give no right."""
        return frozenset(scope for scope in Scope if scope.value in self.scopes)


class AccessChange(PlantRow):
    """Who changed what somebody may do, and when. Only added to. ``actor_id`` is null for what was done at the terminal.

    An account is group data: what happens to it is noted in the plant in which the actor worked.
    """

    at = models.DateTimeField(auto_now_add=True)
    actor_id = UuidField(null=True)
    user_id = UuidField()
    act = models.CharField(max_length=16, choices=AccessAct.choices)
    detail = models.CharField(max_length=200, blank=True)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "rows"
        constraints = (one_plant_key("accesschange"),)
        indexes = (models.Index(fields=["plant", "user_id"], name="accesschange_by_user"),)

    def __str__(self) -> str:
        return f"{self.act} {self.user_id}"
