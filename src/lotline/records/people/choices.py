"""Roles, rights and token scopes, each with its words, in one table."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    QUALITY = "quality", _("Quality")
    PLANNER = "planner", _("Planner")
    LEADER = "leader", _("Line leader")
    OPERATOR = "operator", _("Operator")
    WAREHOUSE = "warehouse", _("Warehouse")
    IT = "it", _("IT")
    AUDITOR = "auditor", _("Auditor (read only)")


class Right(models.TextChoices):
    READ = "read", _("Read records and traces")
    WRITE_FACTS = "write_facts", _("Record facts")
    HOLD = "hold", _("Hold lots and release holds")
    OVERRIDE = "override", _("Override a block, with a reason")
    IMPORT = "import", _("Import data")
    MASTER_DATA = "master_data", _("Change master data")
    MANAGE = "manage", _("Manage people and tokens")


class Scope(models.TextChoices):
    READ = "read", _("Read records and traces")
    WRITE_FACTS = "write_facts", _("Record facts")
    HOLD = "hold", _("Hold lots and release holds")
    IMPORT = "import", _("Import data")
    MASTER_DATA = "master_data", _("Change master data")


class AccessAct(models.TextChoices):
    ADDED = "added", _("Account added")
    ROLE_GIVEN = "role_given", _("Role given")
    ROLE_TAKEN = "role_taken", _("Role taken away")
    SWITCHED_OFF = "switched_off", _("Account switched off")
    SWITCHED_ON = "switched_on", _("Account switched on")
    PASSWORD_SET = "password_set", _("New password set")
    LANGUAGE_SET = "language_set", _("Language set")
    TOKEN_MADE = "token_made", _("Token made")
    TOKEN_REVOKED = "token_revoked", _("Token revoked")


RIGHTS_OF_ROLE: dict[Role, frozenset[Right]] = {
    Role.OWNER: frozenset(Right),
    Role.QUALITY: frozenset({Right.READ, Right.WRITE_FACTS, Right.HOLD, Right.OVERRIDE, Right.IMPORT, Right.MASTER_DATA}),
    Role.PLANNER: frozenset({Right.READ, Right.WRITE_FACTS, Right.IMPORT, Right.MASTER_DATA}),
    Role.LEADER: frozenset({Right.READ, Right.WRITE_FACTS}),
    Role.OPERATOR: frozenset({Right.READ, Right.WRITE_FACTS}),
    Role.WAREHOUSE: frozenset({Right.READ, Right.WRITE_FACTS, Right.IMPORT}),
    Role.IT: frozenset({Right.READ, Right.IMPORT, Right.MASTER_DATA, Right.MANAGE}),
    Role.AUDITOR: frozenset({Right.READ}),
}
