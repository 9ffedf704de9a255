"""Asking over HTTP, and the query that walks from an approval down to everything it rests on."""

from __future__ import annotations

from typing import Any

from tests.api.asking import Asking

ADDRESS = "/api/graphql/"

TRACE = """
fragment Place on LogEntry { leaf index mark }
fragment Trace on Approval {
  id system context artifactDigest state endedBecause validUntil statementDigest
  entry { ...Place }
  modelVersion {
    uri digest
    registration { digest at by { name } entry { ...Place } }
    lineage {
      nodes { id kind reference label details { label text } }
      edges { from to kind asserted verified }
    }
  }
  decision {
    outcome reason digest decidedAt decidedBy { id name } entry { ...Place }
    requirements { key met sentence have need }
    revision {
      number digest candidate { id context openedBy { name } } entry { ...Place }
      policy { signOffs { role count group } vetoGroups separation validityDays coolingOffHours }
      signOffs { person { id name } role group stance reason signedAt entry { ...Place } }
      report {
        verdict digest reasons tiers { tier verdict } judgedBy { name } entry { ...Place }
        criteria {
          dimension dimensionName tier metric threshold unit verdict
          cells { group verdict reason estimate n evidence interval { name low high } }
        }
        signals { signal verdict route }
        routes { id state closedBy { name } }
        evidence {
          run digest tableDigest cases datasets { name digest context } readBy { name } entry { ...Place }
          observations { dimension metric group context estimate n low high method claimed }
        }
      }
      specification {
        version digest drafter { name }
        ratification { at by { name } entry { ...Place } }
        deliberation {
          question rule seatedGroups quorum
          outcome {
            winner quorate dissent digest decidedBy { name } entry { ...Place }
            quorum { turnout needed met }
            groups { group turnout needed met withheld approvals { option value } }
            results { rule chosen winner tie note withheld values { option value } }
          }
          dissent { person { name } group text at entry { ...Place } }
        }
      }
    }
  }
}
"""
LIVE = "query Live($alias: Reference!) {" + (
    ' live(system: "outreach", alias: $alias) { context since unmet { key sentence } approval { ...Trace } } }' + TRACE
)
OF_APPROVAL = "query Trace($id: ID!) { approval(id: $id) { ...Trace } }" + TRACE


def ask(asking: Asking, name: str, query: str, **variables: Any) -> dict[str, Any]:
    """Return the whole answer to a query of the person `name`."""
    body = {"query": query, "variables": variables}
    answer: dict[str, Any] = asking.as_(name).post(ADDRESS, body, format="json").json()
    return answer


def found(asking: Asking, name: str, query: str, **variables: Any) -> dict[str, Any]:
    """Return the data of an answer without errors."""
    answer = ask(asking, name, query, **variables)
    assert "errors" not in answer, answer
    data: dict[str, Any] = answer["data"]
    return data


def codes(answer: dict[str, Any]) -> list[str]:
    """Return the stable words of what went wrong."""
    return [error["extensions"]["code"] for error in answer["errors"]]
