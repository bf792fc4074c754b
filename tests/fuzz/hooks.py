"""What schemathesis has to be told about this API; it loads this module by its path."""

import re

import schemathesis
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.specs.openapi.checks import negative_data_rejection

# The pieces of resumable uploads are bytes.
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")

# How the server tells of a type, a length or a field that is wrong. A bound of 64 bits is taken for one of a float by
# schemathesis, which then goes beyond it, and 120.0 is an integer to JSON Schema.
ABOUT_THE_SHAPE = re.compile(
    r"Input should be (?!less than or equal to 9223372036854775807)|should have at (?:least|most)|Extra inputs are not permitted|Expected `(?!int.*`float`)|This field is required"
)
# What clients of 1.x send for booleans, beside booleans.
BOOLEAN = {"0", "1", "true", "false", "on", "off", "yes", "no", "t", "f", "y", "n"}

ERRORS = {"details", "validation_errors"}


@schemathesis.check
def shapes_are_described(ctx, response, case):
    """JSON that fits the description is not refused for its shape: then the description would lack something.

    Forms are left out. They cannot carry objects, and schemathesis spreads the keys of one over the form, where the
    server wants its JSON text.
    """
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code != 400:
        return
    if case.media_type not in (None, "application/json"):
        return
    found = ABOUT_THE_SHAPE.search(response.text)
    assert found is None, f"The description does not say this: {response.text[:500]}"


@schemathesis.check
def refused_but_for_booleans(ctx, response, case):
    """What breaks the description is refused, but for 0, 1 and words in the place of a boolean, and booleans in that of a
    number: clients of 1.x send these. Fields that nobody knows are passed over; schemathesis takes the keys of errors
    for some.
    """
    # How tus refuses another version than its own, and what is too large to be looked at.
    if response.status_code in (412, 413):
        return
    try:
        negative_data_rejection(ctx, response, case)
    except AcceptedNegativeData:
        if not _is_let_pass(case):
            raise


def _is_let_pass(case):
    content = case.operation.definition.raw.get("requestBody", {}).get("content", {})
    fields = content.get(case.media_type, {}).get("schema", {}).get("properties", {})
    return isinstance(case.body, dict) and any(
        _stands_for(value, str(fields[name])) if name in fields else name in ERRORS
        for name, value in case.body.items()
    )


def _stands_for(value, schema):
    if isinstance(value, bool):
        return "'boolean'" not in schema and ("'integer'" in schema or "'number'" in schema)
    return "'boolean'" in schema and str(value).lower() in BOOLEAN
