"""The number of a candidate or an approval is taken as the pages show it, everywhere by one parser."""

from __future__ import annotations

import pytest

from api.numbers import ApprovalNumber, CandidateNumber
from governance.approvals.models import Approval
from tests.api.asking import Asking


@pytest.mark.parametrize("text", ["7", "007", "A-7", "a-7"])
def test_an_approval_is_named_by_its_number_with_or_without_its_letter(text: str) -> None:
    assert ApprovalNumber.read(text) == 7


@pytest.mark.parametrize("text", ["", "A7", "A--7", "A-", "-7", "7 ", "7\n", "C-7", "A-٧", "A-7x", "9" * 19])
def test_what_is_no_number_of_an_approval_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not the number of an approval\. Write 1, or A-1"):
        ApprovalNumber.read(text)
    assert CandidateNumber.read("C-7") == 7


@pytest.mark.django_db
def test_an_address_takes_what_the_pages_show(asking: Asking, approval: Approval) -> None:
    candidate = approval.decision.revision.candidate
    for kind, shown, other in (("approvals", approval, candidate), ("candidates", candidate, approval)):
        assert asking.get("board", f"{kind}/{shown}").json() == asking.get("board", f"{kind}/{shown.pk}").json()
        assert asking.get("board", f"{kind}/{other}").status_code == 404
    answer = asking.post("board", f"approvals/{approval}/revoke", {"reason": "Harm was reported."})
    assert answer.status_code == 201
