from tests.support.fixtures import environments  # noqa: F401 - a fixture
