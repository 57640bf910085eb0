import pytest

from agent.errors import ArticlesError
from agent.loyalty.articles import ARTICLES_BYTES_MAX, check_named, read_articles
from agent.loyalty.judging.evaluate import evaluate
from agent.loyalty.programme import load
from agent.loyalty.sale import UNKNOWN, Line, Sale
from tests.loyalty.shops import EARN, HEAD, NOW, UNIT, by_reason, member, programme

TABLE = b"""sku,eans,name,category,brand,tax_class,cost,from,to
milk,4006381333931 96385074,Fresh milk,dairy,Farm,reduced,0.4025,,
tea,,Tea,drinks,,full,1.00,,2024-06-30
tea,,Tea,hot drinks,,full,1.10,2024-07-01,
"""


def refused(data: bytes) -> str:
    with pytest.raises(ArticlesError) as caught:
        read_articles(data)
    return str(caught.value)


def test_a_table_is_read_as_it_stands() -> None:
    milk = read_articles(TABLE).rows[0]

    assert (milk.sku, milk.eans, milk.name) == ("milk", ("4006381333931", "96385074"), "Fresh milk")
    assert (milk.category, milk.brand, milk.tax_class, milk.cost) == ("dairy", "Farm", "reduced", 4025)


def test_a_table_is_versioned_by_its_content() -> None:
    assert read_articles(TABLE).version == read_articles(TABLE).version
    assert read_articles(TABLE).version != read_articles(TABLE + b"\n").version


def test_an_article_is_found_by_its_sku_and_by_every_bar_code() -> None:
    articles = read_articles(TABLE)

    found = [articles.find(number, "2024-05-01") for number in ("milk", "4006381333931", "96385074")]

    assert found == [articles.rows[0]] * 3


def test_an_article_is_what_it_is_on_the_day_of_the_sale() -> None:
    articles = read_articles(TABLE)

    rows = [articles.find("tea", day) for day in ("2024-06-30", "2024-07-01")]

    assert [row and row.category for row in rows] == ["drinks", "hot drinks"]


def test_what_the_point_of_sale_said_counts_before_the_table() -> None:
    line = read_articles(TABLE).filled(Line("milk", 1000, 100, category="own"), "2024-05-01")

    assert (line.category, line.brand) == ("own", "Farm")


def test_an_article_that_nobody_knows_falls_under_unknown() -> None:
    articles = read_articles(TABLE)

    assert articles.filled(Line("soap", 1000, 100), "2024-05-01").category == UNKNOWN
    assert articles.filled(Line("soap", 1000, 100, category="home"), "2024-05-01").category == "home"


def test_spreadsheets_may_begin_the_file_with_a_byte_order_mark_and_end_lines_their_way() -> None:
    assert len(read_articles(b"\xef\xbb\xbf" + TABLE.replace(b"\n", b"\r\n")).rows) == 3


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "line 1: column 'sku' is missing"),
        (b"sku,catgory\n", "line 1: unknown column 'catgory'; did you mean 'category'?"),
        (b"sku,sku\n", "line 1: column 'sku' is there 2 times"),
        (b"sku,cost\na,1.00\nb,1,50\n", "line 3 has 3 cells, but line 1 names 2 columns"),
        (b"sku,cost\na,-1\n", "line 2: cost = '-1' must be an amount from 0 to 10000000"),
        (b"sku,cost\na,99999999\n", "line 2: cost = '99999999' must be at most 10000000"),
        (b"sku,cost\n,1\n", "line 2: sku = '' must be 1 to 40 printable ASCII characters"),
        (b"sku,eans\na,4006381333932\n", "line 2: eans = '4006381333932' must be a number whose check digit is right"),
        (b"sku,eans\na,123\n", "line 2: eans = '123' must be 8, 12, 13 or 14 digits"),
        (b"sku,from\na,2024-02-30\n", "line 2: from = '2024-02-30' must be a day that exists"),
        (b"sku,from,to\na,2024-02-02,2024-02-01\n", "line 2: to = '2024-02-01' must be no earlier than"),
        (b"sku\na\na\n", "line 3: number 'a' stands on an earlier line too"),
        (b"sku,name\na,\xff\n", "line 2 is not UTF-8"),
        (b'sku,name\na,"open\n', "line 2: unexpected end of data"),
    ],
)
def test_a_mistake_is_named_with_its_line_column_value_and_limit(data: bytes, said: str) -> None:
    assert refused(data).startswith(said)


def test_a_table_beyond_the_limit_is_refused_before_it_is_read() -> None:
    assert str(ARTICLES_BYTES_MAX) in refused(bytes(ARTICLES_BYTES_MAX + 1))


def test_a_rule_that_names_an_article_that_does_not_exist_is_refused_with_the_likely_name() -> None:
    shop = programme(UNIT, EARN, 'articles = ["mlik"]')

    with pytest.raises(ArticlesError, match=r"rule 'earning' names article 'mlik'.*did you mean 'milk'"):
        check_named(shop, read_articles(TABLE))


def test_unknown_articles_earn_unless_the_programme_ignores_them() -> None:
    sale = Sale((Line("milk", 1000, 300, "dairy"), Line("soap", 1000, 500, UNKNOWN)))
    ignoring = load(('unknown_articles = "ignore"' + HEAD + UNIT + EARN).encode())

    counted = by_reason(evaluate(programme(UNIT, EARN), member(), sale, NOW, lot="e"))
    ignored = by_reason(evaluate(ignoring, member(), sale, NOW, lot="e"))

    assert counted["points_for_amount"].amount == 8
    assert ignored["points_for_amount"].amount == 3
    assert ignored["excluded"].reason.numbers == {"category": "unknown", "amount": 500}
