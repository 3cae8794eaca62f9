"""What schemathesis has to know besides the document, to ask for what there is.

The document says what any Farebox takes. This one has some cities with some products, one currency each, and one estimate: `narrow`
writes these into the document before requests are made from it. A schema says nothing of how one field has to fit another:
`reconcile` fits those that have to, in requests that are meant to be right, and in no others.
"""

import itertools
import json
import os
import re
from datetime import datetime, timedelta

import schemathesis

# What the server at hand has; tests/api/check.py asks it.
FOUND = json.loads(os.environ["FAREBOX_FOUND"])

TRIPS = itertools.count()
NAME = re.compile(r"[A-Za-z0-9._:~-]{1,128}")

# Characters that are allowed are not yet a route.
ROUTE = "_p~iF~ps|U_ulLnnqC"

# Amounts that can be paid in two decimals, up to the largest that is taken. Any number of zeros may stand around them.
CENTS = r"^0*([0-9]{1,10}(\.[0-9]{1,2}0*)?|10000000000(\.0+)?)$"
# The same, but for zero.
CENTS_OFF = r"^0*([1-9][0-9]{0,9}(\.[0-9]{1,2}0*)?|0\.(0[1-9]|[1-9][0-9]?)0*|10000000000(\.0+)?)$"


@schemathesis.hook
def before_load_schema(context, raw_schema):
    narrow(raw_schema["components"])


@schemathesis.hook
def before_call(context, case, kwargs):
    operation = context.operation.definition.raw["operationId"]
    if case.meta and case.meta.generation.mode.is_positive:
        if isinstance(case.body, dict):
            case.body = reconcile(operation, case.body)
        if case.query:
            # Only an answer says where the next one begins.
            case.query.pop("cursor", None)
        if "estimate_id" in case.path_parameters:
            case.path_parameters["estimate_id"] = genuine(case.path_parameters["estimate_id"])
    if operation in ("createBill", "addSegments") and NAME.fullmatch(str(case.path_parameters.get("trip_id"))):
        # Else most of them are of one trip: the first is billed, and the others are conflicts, whatever they say.
        case.path_parameters["trip_id"] = f"{next(TRIPS)}-{case.path_parameters['trip_id']}"[:128]


def narrow(components):
    city = {"type": "string", "enum": [FOUND["city"]]}
    product = {"type": "string", "enum": FOUND["products"]}
    schemas, parameters = components["schemas"], components["parameters"]
    schemas["Amount"]["pattern"] = CENTS
    schemas["Coupon"]["else"]["properties"]["value"]["pattern"] = CENTS_OFF
    for request in ("EstimateRequest", "SegmentsRequest", "BatchRequest", "BillRequest"):
        schemas[request]["properties"]["city"] = city
    schemas["EstimateRequest"]["properties"]["products"]["items"] = product
    schemas["BillRequest"]["properties"]["product"] = product
    # What a policy may say is not in the document: /v1/commission says what is wrong with one.
    schemas["CommissionRequest"]["properties"]["policy"] = {"enum": [FOUND["policy"], None]}
    for name, values in (
        ("product", FOUND["products"]),
        ("city", [FOUND["city"]]),
        ("city_of_card", [FOUND["city"]]),
        ("version", FOUND["versions"]),
        ("scene", FOUND["scenes"]),
        ("locale", FOUND["locales"]),
    ):
        parameters[name]["schema"] = {"type": "string", "enum": values}


def reconcile(operation, body):
    body = json.loads(json.dumps(body))
    if operation == "settle":
        # City and product may be any when there is a currency; and three letters are not yet one.
        if body.get("currency") is None:
            body["city"], body["product"] = FOUND["city"], FOUND["products"][0]
        else:
            body["currency"] = FOUND["currency"]
    if operation == "createEstimate":
        # No card that ships charges an agreed price, and an estimate says so.
        body.pop("one_price", None)
    if operation == "createBill":
        if body.get("estimate_id") is not None:
            body["estimate_id"] = genuine(body["estimate_id"])
        body["ended_at"] = end_of(body["started_at"], body["ended_at"])
        if body.get("metering") == "none" and body.get("last_seq"):
            body["last_seq"] = 0
        if body.get("polyline"):
            body["polyline"]["encoded"] = ROUTE
    distinct(body.get("trips"), "trip_id", lambda number: f"t-{number}")
    for trip in body.get("trips") or [body]:
        distinct(trip.get("segments"), "seq", lambda number: number)
    distinct((body.get("passenger") or {}).get("coupons"), "id", lambda number: f"c-{number}")
    return body


def distinct(items, name, other):
    """No two items of a list have the same name."""
    if items and len({item[name] for item in items}) < len(items):
        for number, item in enumerate(items):
            item[name] = other(number)


def genuine(estimate_id):
    """An estimate that was made here: this one, if it begins as one does, since requests are made of earlier answers, too."""
    return estimate_id if estimate_id.startswith(f"{FOUND['city']}.") else FOUND["estimate_id"]


def end_of(start, end):
    """A moment that is not before the start, and at most seven days after it."""
    start, end = moment(start), moment(end)
    while not timedelta() <= end - start <= timedelta(days=7):
        end = start + (end - start) % timedelta(days=7)
    return end.isoformat()


def moment(text):
    # Leap seconds, and fractions of many digits, are not Python's.
    whole, zone = text[:19].upper(), text[19:].upper().lstrip(".0123456789") or "Z"
    return datetime.fromisoformat(whole.replace(":60", ":59") + zone.replace("Z", "+00:00"))
