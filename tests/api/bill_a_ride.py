"""Bills a ride with the client that is generated from the document.

    bill_a_ride.py URL

What is checked is that the document makes a client that can be used: every answer is taken apart into the types that were made for
it, and nothing of a bill is lost on the way.
"""

import json
import sys
from datetime import datetime

from client import Client
from client.api.cities import get_rate_card, list_cities
from client.api.commission import settle
from client.api.estimates import create_estimate, get_estimate_detail
from client.api.probes import get_readiness
from client.api.trips import add_segments, create_bill, get_bill, get_bill_detail
from client.models import (
    Bill,
    BillRequest,
    Commission,
    CommissionRequest,
    Coupon,
    CouponKind,
    EstimateRequest,
    Passenger,
    Place,
    Problem,
    ProblemCode,
    ReadinessStatus,
    Segment,
    SegmentsRequest,
)

CITY, PRODUCT, TRIP = "370100", "express", "ride-of-a-client"
ORIGIN, DESTINATION = Place(lat=36.65, lng=117.12), Place(lat=36.68, lng=117.14)
START, MIDDLE, END = (datetime.fromisoformat(f"2019-07-11T09:{minute}:00+08:00") for minute in ("00", "11", "21"))
PASSENGER = Passenger(id="p-1", coupons=[Coupon(id="c-1", kind=CouponKind.AMOUNT, value="2.00")])


def main(url):
    client = Client(base_url=url)
    assert get_readiness.sync(client=client).status == ReadinessStatus.READY
    cities = {city.city: city for city in list_cities.sync(client=client).cities}
    version = next(product.rate_card for product in cities[CITY].products if product.product == PRODUCT)
    assert get_rate_card.sync(CITY, version, client=client).additional_properties["city"] == CITY

    ride = {"origin": ORIGIN, "destination": DESTINATION, "dynamic": "1.20", "tolls": "5.00", "passenger": PASSENGER}
    quantities = {"distance_m": 4100, "duration_s": 1260, "depart_at": START}
    estimate = create_estimate.sync(client=client, body=EstimateRequest(city=CITY, products=[PRODUCT], **ride, **quantities))
    assert [(price.total, price.payable) for price in estimate.estimates] == [("18.78", "16.78")]
    page = get_estimate_detail.sync(estimate.estimate_id, PRODUCT, client=client, locale="en-US")
    assert page.sections[0].lines[0].label == "Start price" and not page.degraded

    segments = [
        Segment(seq=1, started_at=START, distance_m=2600, duration_s=660),
        Segment(seq=2, started_at=MIDDLE, distance_m=1500, duration_s=600),
    ]
    totals = add_segments.sync(TRIP, client=client, body=SegmentsRequest(city=CITY, segments=segments))
    assert (totals.distance_m, totals.duration_s, totals.segments) == (4100, 1260, 2)

    times = {"started_at": START, "ended_at": END}
    request = BillRequest(city=CITY, product=PRODUCT, estimate_id=estimate.estimate_id, **times, **ride)
    made = create_bill.sync_detailed(TRIP, client=client, body=request)
    assert made.status_code == 201 and isinstance(made.parsed, Bill), made
    assert (made.parsed.passenger.payable, made.parsed.driver.payable) == ("16.78", "15.32")
    again = create_bill.sync_detailed(TRIP, client=client, body=request)
    assert (again.status_code, again.content) == (200, made.content)
    kept = get_bill.sync_detailed(TRIP, client=client, city=CITY)
    assert kept.content == made.content and kept.parsed == made.parsed
    assert told(kept.parsed.to_dict()) == told(json.loads(kept.content))
    page = get_bill_detail.sync(TRIP, client=client, city=CITY, scene="driver", locale="en-US")
    assert page.payable == "15.32" and not page.provisional

    settled = settle.sync(
        client=client,
        body=CommissionRequest(city=CITY, product=PRODUCT, passenger_total="30.00", driver_total="20.00"),
    )
    assert isinstance(settled, Commission) and settled.top_up == "1.90"
    problem = create_bill.sync(TRIP, client=client, body=BillRequest(city=CITY, product="pool", **times, **ride))
    assert isinstance(problem, Problem) and problem.code == ProblemCode.BILL_CONFLICT, problem
    problem = create_estimate.sync(client=client, body=EstimateRequest(city=CITY, products=["pool"], **ride, **quantities))
    assert isinstance(problem, Problem) and problem.errors[0].pointer == "/products/0", problem
    print(f"billed {made.parsed.passenger.payable} {made.parsed.passenger.currency} with a generated client")


def told(value):
    """What a document tells, however its times are written down."""
    if isinstance(value, dict):
        return {name: told(part) for name, part in value.items()}
    if isinstance(value, list):
        return [told(part) for part in value]
    if isinstance(value, str) and value[10:11] == "T":
        return datetime.fromisoformat(value.replace("Z", "+00:00"))
    return value


if __name__ == "__main__":
    main(*sys.argv[1:])
