"""Signing in, out and being locked out, with the product's settings."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from lotline.records.people.models import User

PASSWORD = "braised-beef-180"

pytestmark = pytest.mark.django_db


@pytest.fixture
def quality_manager():
    return User.objects.create_user(username="zhoumin", password=PASSWORD, name="周敏")


def sign_in(client, *, name="zhoumin", password=PASSWORD, **more):
    return client.post(reverse("web:sign-in"), {"username": name, "password": password, **more})


def test_sign_in_page_speaks_the_language_of_the_browser(client):
    chinese = client.get(reverse("web:sign-in"), headers={"accept-language": "zh-CN,zh;q=0.9"})
    english = client.get(reverse("web:sign-in"), headers={"accept-language": "en-GB"})

    assert "本机记住 7 天" in chinese.content.decode()
    assert "Stay signed in on this device for 7 days" in english.content.decode()
    assert 'lang="en"' in english.content.decode()


def test_right_password_signs_in_and_leads_to_where_one_wanted_to_go(client, quality_manager):
    answer = sign_in(client, next="/sign-in?x=1")

    assert (answer.status_code, answer["Location"]) == (302, "/sign-in?x=1")
    assert client.session["_auth_user_id"] == str(quality_manager.pk)


def test_sign_in_never_leads_to_another_server(client, quality_manager):
    answer = sign_in(client, next="https://example.org/")

    assert answer["Location"] == "/"


@pytest.mark.parametrize(("remember", "seconds"), [("1", 7 * 24 * 3600), ("", None)])
def test_device_remembers_only_when_asked(client, quality_manager, remember, seconds):
    sign_in(client, remember=remember)

    assert client.session.get("_session_expiry") == (seconds or 0)


def test_wrong_password_keeps_the_name_and_says_what_to_do(client, quality_manager):
    answer = client.post(reverse("web:sign-in"), {"username": "zhoumin", "password": "wrong"}, headers={"accept-language": "zh-CN"})
    page = answer.content.decode()

    assert answer.status_code == 200
    assert 'value="zhoumin"' in page
    assert "用户名和密码对不上。" in page


def test_name_that_fails_too_often_is_locked_even_with_the_right_password(client, quality_manager):
    answers = [sign_in(client, password="wrong") for _ in range(5)]

    right = client.post(reverse("web:sign-in"), {"username": "zhoumin", "password": PASSWORD}, headers={"accept-language": "en"})

    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    assert right.status_code == 429
    assert "Sign-in is locked for a while" in right.content.decode()
    assert "_auth_user_id" not in client.session


def test_lock_of_one_name_leaves_the_others_on_the_same_device(client, quality_manager):
    for _ in range(5):
        sign_in(client, name="stranger", password="wrong")

    assert sign_in(client).status_code == 302


def test_sign_out_needs_a_post_and_ends_the_session(client, quality_manager):
    sign_in(client)

    refused = client.get(reverse("web:sign-out"))
    answer = client.post(reverse("web:sign-out"))

    assert refused.status_code == 405
    assert (answer.status_code, answer["Location"]) == (302, reverse("web:sign-in"))
    assert "_auth_user_id" not in client.session


def test_page_without_address_is_explained_and_carries_a_strict_policy(client):
    answer = client.get("/nothing-here", headers={"accept-language": "zh-CN"})

    assert answer.status_code == 404
    assert "这个地址没有内容" in answer.content.decode()
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_language_choice_is_kept_in_a_cookie_and_leads_back(client):
    answer = client.post(reverse("web:language"), {"language": "en", "next": "/sign-in"})

    assert answer["Location"] == "/sign-in"
    assert "Sign in" in client.get("/sign-in", headers={"accept-language": "zh-CN"}).content.decode()


# ---- the language of somebody who signs in ---------------------------------------------------------------------------------------------


def language_of(client, address="/nothing-here", *, asks_for="en-GB"):
    page = client.get(address, headers={"accept-language": asks_for}).content.decode()
    return page.split('lang="', 1)[1].split('"', 1)[0]


@pytest.mark.parametrize(("asks_for", "reads"), [("en-GB", "en"), ("zh-CN", "zh-hans")])
def test_who_never_chose_a_language_reads_what_the_browser_asks_for_after_signing_in(client, quality_manager, asks_for, reads):
    sign_in(client)

    assert language_of(client, asks_for=asks_for) == reads


def test_choice_is_kept_at_the_account_and_follows_to_another_device(client, quality_manager):
    sign_in(client)
    client.post(reverse("web:language"), {"language": "zh-hans", "next": "/"})
    elsewhere = Client()
    sign_in(elsewhere)

    assert User.objects.get(pk=quality_manager.pk).language == "zh-hans"
    assert language_of(elsewhere) == "zh-hans"
    assert elsewhere.cookies["django_language"]["max-age"] > 7 * 24 * 3600


def test_choice_on_the_sign_in_page_stays_and_becomes_that_of_the_account_that_had_none(client, quality_manager):
    client.post(reverse("web:language"), {"language": "zh-hans", "next": "/sign-in"})
    sign_in(client)

    assert language_of(client) == "zh-hans"
    assert User.objects.get(pk=quality_manager.pk).language == "zh-hans"


def test_choice_on_the_sign_in_page_goes_before_that_of_the_account_and_leaves_it(client, quality_manager):
    User.objects.filter(pk=quality_manager.pk).update(language="en")
    client.post(reverse("web:language"), {"language": "zh-hans", "next": "/sign-in"})
    sign_in(client)

    assert language_of(client) == "zh-hans"
    assert User.objects.get(pk=quality_manager.pk).language == "en"


def test_language_of_one_person_is_not_that_of_the_next_on_the_same_device(client, quality_manager):
    sign_in(client)
    client.post(reverse("web:language"), {"language": "zh-hans", "next": "/"})
    client.post(reverse("web:sign-out"))

    assert language_of(client) == "en"


@pytest.mark.parametrize("code", ["fr", "", "../../etc", "\x00"])
def test_language_that_is_not_offered_changes_nothing(client, quality_manager, code):
    sign_in(client)
    client.post(reverse("web:language"), {"language": code, "next": "/"})

    assert User.objects.get(pk=quality_manager.pk).language == ""
    assert language_of(client) == "en"
