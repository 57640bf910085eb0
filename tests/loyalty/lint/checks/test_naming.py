from agent.loyalty.articles import read_articles
from tests.loyalty.lint.looking import SPENT, found, rows
from tests.loyalty.shops import COFFEE

ARTICLES = read_articles(b"sku,category,brand\nA-1,coffee,Acme\nA-2,tea,Zenith\n")


def scoped(scope: str) -> str:
    return COFFEE.replace('categories = ["coffee"]', scope)


def test_what_a_rule_names_and_nobody_sells_is_an_error() -> None:
    for wrong, right in (
        ('categories = ["cofee"]', 'categories = ["coffee"]'),
        ('brands = ["acme"]', 'brands = ["Acme"]'),
        ('articles = ["A-3"]', 'articles = ["A-1", "A-2"]'),
    ):
        assert rows(found("articles", SPENT, scoped(wrong), articles=ARTICLES)) == [("error", "coffee")]
        assert found("articles", SPENT, scoped(right), articles=ARTICLES) == []


def test_the_likely_name_is_guessed() -> None:
    (finding,) = found("articles", SPENT, scoped('categories = ["cofee"]'), articles=ARTICLES)

    assert finding.text.endswith("; did you mean 'coffee'?")


def test_without_a_table_of_articles_no_name_is_wrong() -> None:
    assert found("articles", SPENT, scoped('categories = ["cofee"]')) == []


def test_an_excluded_name_is_a_warning_only_if_another_was_likely_meant() -> None:
    named = 'categories = ["coffee"]\nexclude = '

    assert rows(found("articles", SPENT, scoped(named + '["teas"]'), articles=ARTICLES)) == [("warning", "coffee")]
    assert found("articles", SPENT, scoped(named + '["deposit"]'), articles=ARTICLES) == []


def test_the_article_of_a_membership_must_be_sold() -> None:
    club = '[[memberships]]\nid = "club"\nlabel = "Club"\nprice = "9.00"\nterm = "1 year"\npercent = 120\narticle = '

    assert rows(found("articles", SPENT, club, '"CLUB"', articles=ARTICLES)) == [("error", "club")]
    assert found("articles", SPENT, club, '"A-2"', articles=ARTICLES) == []
