"""What the README and the tutorial say, in both languages, is so. Their commands are run in ``test_commands``."""

from __future__ import annotations

import json
import re
from collections import Counter
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen

import pytest

from tests.docs.pages import HEADING, LINK, all_pages, blocks, prose, read

PAIRS = [("README.md", "README.zh-CN.md"), ("docs/tutorial/first-trace.md", "docs/tutorial/first-trace.zh-CN.md")]
COMPLAINT, CYCLE = "FG-261117-A03", "SJ-261117-2-03"


def same_in_both(target: str) -> str:
    """A link without the language of what it leads to."""
    return target.replace(".zh-CN.md", ".md").replace("-en.png", ".png")


@pytest.mark.parametrize(("english", "chinese"), PAIRS)
def test_translations_have_equal_headings_commands_links_and_lists(english, chinese):
    one, other = read(english), read(chinese)

    assert HEADING.findall(one) == HEADING.findall(other)
    for language in ("sh", "console"):
        assert blocks(one, language) == blocks(other, language)
    assert [same_in_both(link) for link in LINK.findall(one)] == [same_in_both(link) for link in LINK.findall(other)]
    items = re.compile(r"^(?:- |\d\. )", re.M)
    assert items.findall(prose(one)) == items.findall(prose(other))


@pytest.mark.parametrize(("english", "chinese"), PAIRS)
def test_translations_name_the_same_codes_figures_and_accounts(english, chinese):
    names = re.compile(r"`([^`\n]+)`|\*\*([A-Z]{2}-\d{6}-[A-Z0-9-]+)\*\*")
    figures = re.compile(r"\d{1,3}(?:,\d{3})+|\d+\.\d{2}")
    one, other = prose(read(english)), prose(read(chinese))

    assert sorted(set(names.findall(one))) == sorted(set(names.findall(other)))
    assert set(figures.findall(one)) == set(figures.findall(other))


@pytest.mark.parametrize("page", [page for page in all_pages() if page.name.endswith(".zh-CN.md")], ids=lambda page: page.name)
def test_chinese_pages_speak_plainly(page):
    assert not re.search("[请您！]", page.read_text(encoding="utf-8"))


# ---- the five minutes ---------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_balance_of_the_complaint_has_the_figures_of_the_guides(demonstration):
    answer = demonstration.json("balance", COMPLAINT)
    (line,) = answer["lines"]
    made, here, moving, gone, scrapped = (
        f"{int(line[name]):,}" for name in ("produced", "on_hand", "in_transit", "shipped", "scrapped")
    )  # fmt: skip

    assert answer["closes"]
    assert line["residue"] == "0"
    whole = f"{here} are on hand, {moving} in transit, {gone} shipped, {scrapped} scrapped."
    assert f"{made} pouches were produced: {whole}" in read("README.md")
    assert f"{made} pouches were produced. {whole}" in read("docs/tutorial/first-trace.md")
    assert f"产出 {made} 袋：在库 {here}，在途 {moving}，已发货 {gone}，报废 {scrapped}。" in read("README.zh-CN.md")


@pytest.mark.slow
def test_trace_to_sources_is_as_the_tutorial_tells(demonstration):
    answer = demonstration.json("trace", COMPLAINT, "--to", "sources")

    assert (answer["lots"], len(answer["partners"]), answer["complete"]) == (27, 8, True)
    assert "Twenty-seven lots" in read("docs/tutorial/first-trace.md")
    assert "the eight suppliers" in read("docs/tutorial/first-trace.md")


@pytest.mark.slow
def test_recall_of_the_cycle_finds_four_finished_lots_and_four_customers(demonstration):
    answer = demonstration.json("recall", CYCLE, "--lots")

    finished = [row["lot"] for row in answer["affected"] if row["item"] == "FG-BB-180"]
    assert len(finished) == 4
    assert COMPLAINT in finished
    assert answer["lots"] == 5
    assert len(answer["customers"]) == 4
    moving = [total for place in answer["places"] if place["standing"] == "transit" for total in place["totals"]]
    assert [total["quantity"] for total in moving] == ["600"]
    assert answer["closes"]


@pytest.mark.slow
def test_coverage_of_the_week_names_three_lots_without_source_and_three_uncertain_ones(demonstration):
    answer = demonstration.json("coverage", "--from", "2026-11-12")

    assert Counter(gap["kind"] for gap in answer["gaps"]) == {"no_source": 3, "possible_only": 3}


@pytest.mark.slow
def test_api_tells_the_hold_and_the_f0_of_the_cycle(installation):
    token = installation.run(".venv/bin/lotline user token zhoumin").stdout.strip()

    def ask(port, address):
        request = Request(f"http://127.0.0.1:{port}/api/v1/{address}", headers={"Authorization": f"Bearer {token}"})
        with urlopen(request, timeout=30) as answer:
            return json.load(answer)

    with installation.served() as port:
        (fact,) = ask(port, f"facts?lot={CYCLE}&kind=transform&limit=1")["facts"]
        holds = ask(port, f"holds?lot={COMPLAINT}")["holds"]
        version = ask(port, "openapi.json")["openapi"]

    f0 = next(one for one in fact["body"]["measurements"] if one["characteristic"].startswith("F0"))
    assert (f0["value"], f0["low"]) == ("2.61", "3.00")
    assert len(holds) == 1
    assert version.startswith("3.1")


@pytest.mark.slow
def test_accounts_of_the_readme_exist_with_their_roles(demonstration):
    accounts = {user["username"]: [role["role"] for role in user["roles"]] for user in demonstration.json("user", "list")["users"]}
    told = {"zhoumin": "quality", "dengzhiyuan": "owner", "zhangxiulan": "operator", "sujing": "auditor"}

    assert {name: accounts[name] for name in told} == {name: [role] for name, role in told.items()}
    assert all(f"`{name}`" in read("README.md") for name in told)


def test_password_of_the_demonstration_is_the_one_that_is_told():
    from lotline.doors.exchange.demo import DEMO_PASSWORD

    assert f"`{DEMO_PASSWORD}`" in read("README.md")


@pytest.mark.slow
def test_tour_of_the_pages_leads_from_the_complaint_to_the_f0_of_the_cycle(installation):
    with installation.served() as port:
        site = f"http://127.0.0.1:{port}"
        browser = build_opener(HTTPCookieProcessor())

        def see(address, **form):
            request = Request(site + address, urlencode(form).encode() if form else None, {"Accept-Language": "en"})
            with browser.open(request, timeout=30) as answer:
                return answer.geturl(), answer.read().decode()

        _address, form = see("/sign-in")
        token = re.search('name="csrfmiddlewaretoken" value="([^"]+)"', form)
        assert token
        see("/sign-in", username="zhoumin", password="lotline-demo", csrfmiddlewaretoken=token[1])
        address, complaint = see(f"/search?q={COMPLAINT}")
        _address, sources = see(f"/trace-file/{COMPLAINT}?to=sources")
        _address, cycle = see(f"/search?q={CYCLE}")

    assert address == f"{site}/trace/{COMPLAINT}"
    assert COMPLAINT in complaint
    assert CYCLE in sources
    assert "2.61" in cycle
