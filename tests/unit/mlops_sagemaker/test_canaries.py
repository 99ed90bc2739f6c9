from mlops_sagemaker.canaries import Toll


def test_a_toll_says_in_a_line_what_a_version_has_cost() -> None:
    toll = Toll(requests=200, met=22, failed=9, seconds=41)
    assert str(toll) == "22 of 200 requests met the version, 9 failed (a share of 0.045); champion back after 41 s"
    assert toll.document() == {
        "requests": 200,
        "met": 22,
        "failed": 9,
        "seconds": 41,
        "share": 0.045,
        "text": str(toll),
    }


def test_where_nobody_asked_nothing_failed() -> None:
    assert Toll(requests=0, met=0, failed=0, seconds=3).share == 0
