from tests.support.fixtures import aws, environments, hosting  # noqa: F401 - fixtures
