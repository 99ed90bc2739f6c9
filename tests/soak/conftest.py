from tests.support.fixtures import aws, environments  # noqa: F401 - fixtures
