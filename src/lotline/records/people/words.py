"""Why a change of somebody's access was refused, in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

REFUSALS = {
    "not_a_manager": _("Your role does not manage people in this plant."),
    "works_elsewhere": _(
        "This person also works in a plant where you do not manage people. Somebody who manages people in both can do it."
    ),
    "owners_only": _("Only an owner can do this to an owner or make one."),
    "not_oneself": _("Nobody changes their own roles or switches themselves off. Ask another person who manages people."),
    "last_owner": _("This is the last owner of the plant. Make somebody else an owner first."),
    "name_missing": _("A user name is needed."),
    "name_taken": _("There is an account with this user name already."),
    "no_role": _("This account has no role here or is switched off, so a token could do nothing."),
    "not_own_token": _(
        "A token is made by the person it belongs to, under “My account”, so that nobody records anything in the name of another. "
        "For a device, at the server's terminal: lotline user token"
    ),
    "no_scope": _("Say what the token may do."),
    "bad_form": _("Part of the form could not be read. Nothing was changed."),
}


def describe_refusal(code: str) -> str:
    """The sentence for a refusal, in the active language."""
    return str(REFUSALS[code])
