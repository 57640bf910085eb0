from collections.abc import Iterator

import pytest

from tests.web.till import WebTill, serve


@pytest.fixture(scope="module")
def till(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebTill]:
    """A served till that the tests of a module share; each test makes its own members and ops."""
    with serve(tmp_path_factory.mktemp("till")) as served:
        yield served
