from __future__ import annotations

import pytest

from deploy.errors import Failure
from deploy.release.account import check_account
from deploy.settings import read


def test_another_accounts_credentials_are_refused() -> None:
    staging = read("staging")
    check_account(staging, staging.account)
    with pytest.raises(Failure, match=f"credentials of account 000000000000, and staging is in {staging.account}"):
        check_account(staging, "000000000000")
