"""What Schemathesis must know of this service: its scalars, and which errors of GraphQL are refusals and no faults."""

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

schemathesis.graphql.scalar("uuid", st.uuids().map(str).map(nodes.String))
schemathesis.graphql.scalar(
    "timestamptz",
    st.datetimes().map(lambda time: nodes.String(time.isoformat(timespec="seconds") + "Z")),
)
# Days as the calendar has them, its ends and leap days among them.
EXTREME_DAYS = ["0001-01-01", "1582-10-15", "1970-01-01", "2024-02-29", "9999-12-31"]
schemathesis.graphql.scalar(
    "date", st.one_of(st.sampled_from(EXTREME_DAYS), st.dates().map(lambda day: day.isoformat())).map(nodes.String)
)
schemathesis.graphql.scalar("jsonb", st.dictionaries(st.text(max_size=5), st.integers(), max_size=3).map(
    lambda value: nodes.Object([(key, nodes.Int(number)) for key, number in value.items() if key.isidentifier()])
))

# What a caller can mend. Everything else, `internal` above all, is a finding.
REFUSALS = {"BAD_USER_INPUT", "QUERY_TOO_LARGE", "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "IN_PROGRESS",
            "CLIENT_KEY_REUSED", "FORBIDDEN"}


@schemathesis.check
def only_refusals(ctx, response, case):
    """No server error, JSON always, and every GraphQL error has a code that says what to mend."""
    assert response.status_code < 500, f"server error {response.status_code}"
    body = response.json()
    for error in body.get("errors", []):
        code = error.get("extensions", {}).get("code")
        assert code in REFUSALS, f"error without a known code: {error}"
    assert "errors" in body or body.get("data") is not None, "neither data nor errors"
