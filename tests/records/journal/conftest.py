"""Every refusal in these tests is also checked for its words."""

from tests.laws.sentences import every_refusal_fills_the_blanks_of_its_sentence

__all__ = ["every_refusal_fills_the_blanks_of_its_sentence"]
