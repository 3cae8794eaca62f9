//! The description of the API: an OpenAPI 3.1 document.
//!
//! It is built from the limits that decoding enforces, and committed as docs/openapi.json, which is what is served. A
//! test holds the two together; `UPDATE_GOLDEN=1 cargo test -p farebox-gateway` writes the file anew.

/// The document, as it is served.
pub const DOCUMENT: &str = include_str!("../../../docs/openapi.json");

/// The JSON Schema of rate cards, as it is served. The pricing engine makes it, and holds the file to it.
pub const RATE_CARD_SCHEMA: &str = include_str!("../../../docs/rate-card.schema.json");

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::DOCUMENT;
    use crate::refusals;
    use farebox_billing::{limits, names};
    use farebox_document::MOST_PROBLEMS;
    use farebox_fare::time;
    use farebox_web::body::BODY_BYTES;
    use http::StatusCode;
    use serde_json::{Value, json};
    use std::collections::BTreeSet;
    use std::ops::RangeInclusive;

    /// What is served says what is enforced.
    #[test]
    fn document_is_current() {
        let mut current = serde_json::to_string_pretty(&document()).unwrap();
        current.push('\n');
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json"), &current).unwrap();
            return;
        }
        assert!(current == DOCUMENT, "docs/openapi.json is out of date; run this test with UPDATE_GOLDEN=1");
    }

    /// Every `$ref` leads somewhere, and no schema is left over.
    #[test]
    fn references_resolve() {
        fn collect(value: &Value, references: &mut BTreeSet<String>) {
            match value {
                Value::Object(fields) => {
                    references.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
                    fields.values().for_each(|value| collect(value, references));
                }
                Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
                _ => {}
            }
        }
        let document = document();
        let mut references = BTreeSet::new();
        collect(&document, &mut references);
        for reference in &references {
            assert!(document.pointer(reference.strip_prefix('#').unwrap()).is_some(), "{reference}");
        }
        let components = document["components"].as_object().unwrap();
        for (kind, entries) in components {
            for name in entries.as_object().unwrap().keys() {
                assert!(references.contains(&format!("#/components/{kind}/{name}")), "{kind} {name} is never used");
            }
        }
    }

    fn document() -> Value {
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Farebox",
                "version": "1",
                "description": "Prices rides, keeps their meter, bills them and settles them. Money is decimal text in \
                    the currency's exponent, times are RFC 3339 with an offset, distances are whole metres, durations \
                    whole seconds. Fields that are not described are refused by name.",
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "paths": paths(),
            "components": {
                "parameters": parameters(),
                "responses": {"Problem": {
                    "description": "What went wrong, under a stable `code`. `Retry-After` says when it makes sense to \
                        ask again.",
                    "headers": {"traceparent": {"description": "W3C Trace Context.", "schema": {"type": "string"}}},
                    "content": {"application/problem+json": {"schema": schema("Problem")}},
                }},
                "schemas": schemas(),
            },
        })
    }

    fn paths() -> Value {
        let detail = [parameter("scene"), parameter("locale")];
        let with = |first: &[&str]| first.iter().map(|name| parameter(name)).collect::<Vec<_>>();
        json!({
            "/v1/estimates": {"post": operation(
                "Price a ride before it begins",
                "Answers totals only. What they were priced from is kept for `quote_ttl_s` seconds, for whoever asks for \
                 details, and for the bill.",
                &[], Some("EstimateRequest"),
                &[(201, "The totals.", "Estimate")], &[400, 413, 415, 422],
            )},
            "/v1/estimates/{estimate_id}/details/{product}": {"get": operation(
                "Show how an estimated total came about",
                "When the details are gone, the totals still show and `degraded` is true.",
                &[with(&["estimate_id", "product"]), detail.to_vec()].concat(), None,
                &[(200, "The page.", "EstimatePage")], &[400, 404],
            )},
            "/v1/trips/{trip_id}/segments": {"post": operation(
                "Add metered pieces to a trip",
                "All are added or none. A piece that is there already is not counted again, so sending a request again \
                 is always safe, in any order.",
                &with(&["trip_id"]), Some("SegmentsRequest"),
                &[(200, "The sums over all pieces.", "Totals")], &[400, 409, 413, 415, 422, 503],
            )},
            "/v1/trips/{trip_id}/bill": {
                "post": operation(
                    "Bill a trip",
                    "A trip is billed once; the same request again gets the same bill. Without measurements the bill \
                     is `mocked` from the two ends of the ride. Without a store it is `stored: false`: ask again. The \
                     header `farebox-top-up: pending` says that the top-up is not in the ledger yet: ask again. With \
                     `estimate_id`, it is priced with the rate cards that the estimate was priced with, as long as \
                     the quote is kept; `pinned` says whether it was, and why not.",
                    &with(&["trip_id"]), Some("BillRequest"),
                    &[(200, "The bill that was made before.", "Bill"), (201, "The bill.", "Bill")],
                    &[400, 409, 413, 415, 422],
                ),
                "get": operation(
                    "Fetch the bill of a trip", "",
                    &with(&["trip_id", "city"]), None,
                    &[(200, "The bill, as it was made.", "Bill")], &[400, 404, 409, 503],
                ),
            },
            "/v1/trips/{trip_id}/bill/detail": {"get": operation(
                "Show the bill of a trip",
                "The driver's bill in the scene `driver`, otherwise the passenger's.",
                &[with(&["trip_id", "city"]), detail.to_vec()].concat(), None,
                &[(200, "The page.", "BillPage")], &[400, 404, 409, 503],
            )},
            "/v1/commission": {"post": operation(
                "Settle a ride from its totals", "Keeps nothing.",
                &[], Some("CommissionRequest"),
                &[(200, "The settlement.", "Commission")], &[400, 413, 415, 422],
            )},
            "/v1/cities": {"get": operation(
                "List what can be priced", "", &[], None, &[(200, "The cities.", "Cities")], &[400],
            )},
            "/v1/cities/{city}/rate-cards/{version}": {"get": operation(
                "Fetch a rate card by its version",
                "One that is in use, or that an estimate or a bill was priced with. Never another one under this name.",
                &[json!({"name": "city", "in": "path", "required": true, "schema": schema("City")}),
                  json!({"name": "version", "in": "path", "required": true, "schema": schema("Version")})], None,
                &[(200, "The rate card.", "Any")], &[400, 404, 503],
            )},
            "/healthz": {"get": operation(
                "Say whether the service runs", "", &[], None, &[(200, "It runs.", "Health")], &[],
            )},
            "/readyz": {"get": operation(
                "Say whether everything is in order", "Looks at every document, every variable and the store.",
                &[], None,
                &[(200, "Everything is.", "Readiness"), (503, "Something is not.", "Readiness")], &[],
            )},
            "/openapi.json": {"get": operation(
                "This document", "", &[], None, &[(200, "OpenAPI 3.1.", "Any")], &[],
            )},
            "/rate-card.schema.json": {"get": operation(
                "What a rate card may say", "", &[], None, &[(200, "JSON Schema, draft 2020-12.", "Any")], &[],
            )},
        })
    }

    fn operation(
        summary: &str,
        description: &str,
        parameters: &[Value],
        body: Option<&str>,
        answers: &[(u16, &str, &str)],
        refusals: &[u16],
    ) -> Value {
        let mut responses = json!({"default": {"$ref": "#/components/responses/Problem"}});
        for (status, description, name) in answers {
            let content = json!({"application/json": {"schema": schema(name)}});
            responses[status.to_string()] = json!({"description": description, "content": content});
        }
        for status in refusals {
            responses[status.to_string()] = json!({"$ref": "#/components/responses/Problem"});
        }
        let mut operation = json!({"summary": summary, "responses": responses});
        if !description.is_empty() {
            operation["description"] = description.into();
        }
        if !parameters.is_empty() {
            operation["parameters"] = parameters.into();
        }
        if let Some(body) = body {
            let description = format!("At most {} bytes.", BODY_BYTES);
            let content = json!({"application/json": {"schema": schema(body)}});
            operation["requestBody"] = json!({"required": true, "description": description, "content": content});
        }
        operation
    }

    fn parameters() -> Value {
        let path = |name: &str, schema: Value| json!({"name": name, "in": "path", "required": true, "schema": schema});
        let query = |name: &str, description: &str, schema: Value| json!({"name": name, "in": "query", "description": description, "schema": schema});
        json!({
            "estimate_id": path("estimate_id", json!({"type": "string", "maxLength": limits::ESTIMATE_ID_CHARS})),
            "product": path("product", schema("City")),
            "trip_id": path("trip_id", schema("Name")),
            "city": query("city", "The city of the trip. Without it, all cities are asked.", schema("City")),
            "scene": query("scene", "Which lines to show, and how. Without it, the first scene of the layout.", text()),
            "locale": query("locale", "A BCP 47 tag. Without it, what `Accept-Language` prefers.", text()),
        })
    }

    fn schemas() -> Value {
        let closed = |required: &[&str], properties: Value| json!({"type": "object", "additionalProperties": false, "required": required, "properties": properties});
        let open = |properties: Value| json!({"type": "object", "properties": properties});
        let settlement = json!({
            "scenario": described("The scenario of the policy that applied.", text()),
            "currency": schema("Currency"),
            "take": described("What the platform keeps, before the top-up. May be negative.", money()),
            "take_rate": described("Take over base, before the top-up.", text()),
            "cap": described("The highest rate allowed.", text()),
            "top_up": described("Owed to the driver, so that the rate is at the cap or just under it.", money()),
            "take_after": money(),
            "take_rate_after": text(),
        });
        let mut commission = settlement.clone();
        commission["policy"] = schema("Version");
        let page = |own: &[(&str, Value)]| {
            let mut page = json!({
                "product": schema("City"),
                "scene": text(),
                "locale": text(),
                "currency": schema("Currency"),
                "total": money(),
                "payable": money(),
                "sections": list(schema("Section")),
                "degraded": {"type": "boolean"},
            });
            for (name, schema) in own {
                page[*name] = schema.clone();
            }
            open(page)
        };
        let (first, last) = limits::MOMENT.into_inner();
        let codes: Vec<_> = refusals::kinds().iter().map(|kind| kind.code).collect();
        let statuses: BTreeSet<u16> = refusals::kinds().iter().map(|kind| StatusCode::as_u16(&kind.status)).collect();
        json!({
            "Any": {"type": "object"},
            "City": {"type": "string", "pattern": names::TOKEN_PATTERN, "description": "A city or a product."},
            "Name": {"type": "string", "pattern": names::NAME_PATTERN, "description": "An identifier of the caller's."},
            "Currency": {"type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217."},
            "Version": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256 of a document."},
            "Time": {
                "type": "string",
                "format": "date-time",
                "description": format!("RFC 3339 with an offset, {} to {}.", time::format(first), time::format(last)),
            },
            "Amount": {
                "type": "string",
                "pattern": "^[0-9]+(\\.[0-9]+)?$",
                "maxLength": limits::DECIMAL_CHARS,
                "description": format!(
                    "Decimal text in the currency's exponent, such as \"12.50\"; not negative, and at most {} minor \
                     units. JSON numbers are refused.",
                    limits::AMOUNT_MINOR.end()
                ),
            },
            "Place": closed(&["lat", "lng"], json!({
                "lat": degrees(limits::LATITUDE_DEG),
                "lng": degrees(limits::LONGITUDE_DEG),
            })),
            "Coupon": closed(&["id", "kind", "value"], json!({
                "id": schema("Name"),
                "kind": {"enum": ["amount", "percent"]},
                "value": described(
                    &format!("An amount above zero, or {}", range_text(&limits::PERCENT)), text()),
                "min_spend": described("The fare has to be at least this much.", schema("Amount")),
                "max_off": described("The discount is never more than this.", schema("Amount")),
                "scope": described("The fee codes it is good for; without it, the whole fare.",
                    unique(bounded(schema("City"), &limits::SCOPE))),
            })),
            "Passenger": closed(&["id"], json!({
                "id": schema("Name"),
                "tier": described("In the words of the rate cards.", schema("City")),
                "coupons": described("In the order they are applied; no two with the same id.",
                    bounded(schema("Coupon"), &limits::COUPONS)),
            })),
            "EstimateRequest": closed(
                &["city", "products", "origin", "destination", "distance_m", "duration_s", "depart_at"],
                json!({
                    "city": schema("City"),
                    "products": unique(bounded(schema("City"), &limits::PRODUCTS)),
                    "origin": schema("Place"),
                    "destination": schema("Place"),
                    "distance_m": whole(&limits::TRIP_DISTANCE_M),
                    "duration_s": whole(&limits::TRIP_DURATION_S),
                    "depart_at": schema("Time"),
                    "scene": scene(),
                    "passengers": passengers(),
                    "booked_ahead_s": booked_ahead(),
                    "one_price": one_price(),
                    "dynamic": factor(),
                    "tolls": schema("Amount"),
                    "parking": schema("Amount"),
                    "highway": schema("Amount"),
                    "passenger": schema("Passenger"),
                }),
            ),
            "Segment": closed(&["seq", "started_at", "distance_m", "duration_s"], json!({
                "seq": described("Unique within the trip; gaps are fine.", whole(&limits::SEQUENCE)),
                "started_at": schema("Time"),
                "distance_m": whole(&limits::SEGMENT_DISTANCE_M),
                "duration_s": whole(&limits::SEGMENT_DURATION_S),
            })),
            "SegmentsRequest": closed(&["city", "segments"], json!({
                "city": schema("City"),
                "segments": bounded(schema("Segment"), &limits::SEGMENTS),
            })),
            "BillRequest": closed(
                &["city", "product", "started_at", "ended_at", "origin", "destination"],
                json!({
                    "city": schema("City"),
                    "product": schema("City"),
                    "started_at": schema("Time"),
                    "ended_at": described(
                        &format!("Not before `started_at`, and at most {} s after it.", limits::TRIP_DURATION_S.end()),
                        schema("Time")),
                    "origin": schema("Place"),
                    "destination": schema("Place"),
                    "scene": scene(),
                    "passengers": passengers(),
                    "booked_ahead_s": booked_ahead(),
                    "one_price": one_price(),
                    "outcome": described(
                        "A cancelled ride is charged only what the card says of cancelled rides.",
                        json!({"enum": ["completed", "cancelled"], "default": "completed"})),
                    "waiting_s": described("How long the driver was kept waiting.", whole(&limits::TRIP_DURATION_S)),
                    "dynamic": factor(),
                    "tolls": schema("Amount"),
                    "parking": schema("Amount"),
                    "highway": schema("Amount"),
                    "passenger": schema("Passenger"),
                    "estimate_id": described("The estimate the ride was ordered with.",
                        json!({"type": "string", "maxLength": limits::ESTIMATE_ID_CHARS})),
                }),
            ),
            "CommissionRequest": closed(&["city", "product", "passenger_total", "driver_total"], json!({
                "policy": described("A policy document; the default policy without.", schema("Any")),
                "city": schema("City"),
                "product": schema("City"),
                "currency": described("Without it, the currency of the product in the city.", schema("Currency")),
                "passenger_total": described("Before coupons.", schema("Amount")),
                "driver_total": schema("Amount"),
                "coupons": described("The sum of the passenger's coupons.", schema("Amount")),
            })),
            "Estimate": open(json!({
                "estimate_id": described("Opaque, signed, and safe in a URL.", text()),
                "city": schema("City"),
                "currency": schema("Currency"),
                "expires_at": described("Until when details are kept. The totals do not expire.", schema("Time")),
                "estimates": list(open(json!({"product": schema("City"), "total": money(), "payable": money()}))),
            })),
            "Section": open(json!({
                "title": text(),
                "lines": list(open(json!({"code": text(), "label": text(), "text": text(), "amount": text()}))),
            })),
            "EstimatePage": page(&[
                ("estimate_id", text()),
                ("reason", described("Why the details are missing.", json!({"enum": [
                    "quote-expired", "store-unavailable", "version-unavailable", "quote-outdated", "copy-unavailable",
                ]}))),
            ]),
            "BillPage": page(&[
                ("trip_id", schema("Name")),
                ("basis", schema("Basis")),
                ("reason", described("Why the details are missing.", json!({"enum": ["copy-unavailable"]}))),
            ]),
            "Facts": described("What a ride is priced from. What is zero, empty or unknown is left out.", open(json!({
                "basis": schema("Basis"),
                "started_at": schema("Time"),
                "ended_at": schema("Time"),
                "distance_m": {"type": "integer"},
                "duration_s": {"type": "integer"},
                "segments": list(json!({
                    "type": "array",
                    "description": "`seq`, `started_at` in seconds since 1970, `distance_m`, `duration_s`.",
                    "prefixItems": vec![json!({"type": "integer"}); 4],
                    "items": false,
                })),
                "origin": open(json!({"lat": text(), "lng": text()})),
                "destination": open(json!({"lat": text(), "lng": text()})),
                "product": text(),
                "tier": text(),
                "scene": text(),
                "passengers": {"type": "integer"},
                "booked_ahead_s": {"type": "integer"},
                "one_price": money(),
                "outcome": {"enum": ["completed", "cancelled"]},
                "waiting_s": {"type": "integer"},
                "dynamic": text(),
                "tolls": money(),
                "parking": money(),
                "highway": money(),
                "coupons": list(schema("Coupon")),
            }))),
            "Basis": {"enum": ["estimated", "metered", "mocked"], "description": "Where the quantities come from."},
            "Totals": open(json!({
                "trip_id": schema("Name"),
                "distance_m": {"type": "integer"},
                "duration_s": {"type": "integer"},
                "segments": {"type": "integer"},
            })),
            "Line": open(json!({
                "code": text(),
                "quantity": text(),
                "unit": {"enum": ["trip", "meter", "second", "piece", "money"]},
                "rate": text(),
                "per": text(),
                "amount": described("`quantity` x `rate` / `per`, rounded once.", money()),
                "reference": described("The coupon behind a discount.", text()),
                "why": described("Why the line is there.", schema("Reason")),
            })),
            "Reason": open(json!({
                "rule": described(
                    "What put it there: the item's own figures, its floor or cap, a limit on growth, or a coupon.",
                    json!({"enum": ["rate", "floor", "cap", "growth", "coupon"]}),
                ),
                "branch": described("Which branch of the item applied, from 0.", json!({"type": "integer"})),
                "source": described(
                    "Where the quantity comes from: the card, the trip as a whole, metered segments, the trip spread evenly over its duration, or the amounts of other items.",
                    json!({"enum": ["card", "trip", "segments", "spread", "items"]}),
                ),
                "rounding": {"enum": ["half-up", "half-even", "down", "up"]},
                "step": described("The amount is a multiple of this; left out when it is the minor unit.", money()),
            })),
            "PricedBill": open(json!({
                "currency": schema("Currency"),
                "basis": schema("Basis"),
                "total": described("The sum of `lines`.", money()),
                "payable": described("`total` plus the sum of `discounts`, which are not positive.", money()),
                "rate_card": schema("Version"),
                "lines": list(schema("Line")),
                "discounts": list(schema("Line")),
                "included": described("Taxes that `total` contains already.", list(schema("Line"))),
            })),
            "Settlement": open(settlement),
            "Commission": open(commission),
            "Bill": open(json!({
                "trip_id": schema("Name"),
                "city": schema("City"),
                "product": schema("City"),
                "basis": schema("Basis"),
                "degraded": {"type": "boolean"},
                "stored": described("If false, ask again.", json!({"type": "boolean"})),
                "billed_at": schema("Time"),
                "started_at": schema("Time"),
                "ended_at": schema("Time"),
                "distance_m": {"type": "integer"},
                "duration_s": {"type": "integer"},
                "estimate_id": text(),
                "passenger": schema("PricedBill"),
                "driver": schema("PricedBill"),
                "settlement": schema("Settlement"),
                "versions": open(json!({
                    "rate_card": schema("Version"),
                    "driver_rate_card": schema("Version"),
                    "policy": schema("Version"),
                    "pricing": text(),
                })),
                "pinned": open(json!({
                    "rate_card": described(
                        "Whether both rate cards are those of the estimate, or those of the day of the bill.",
                        json!({"enum": ["quoted", "current"]})),
                    "reason": described(
                        "Why they are not those of the estimate.",
                        json!({"enum": ["no-estimate", "quote-expired", "store-unavailable", "version-unavailable"]})),
                })),
                "facts": described(
                    "With the rate cards of `versions`, all that it takes to price the ride again.",
                    open(json!({
                        "trip": described("The driver's bill is priced without the coupons.", schema("Facts")),
                        "quoted": described("The ride as it was quoted, if `pinned` says so.", schema("Facts")),
                    }))),
            })),
            "Cities": open(json!({"cities": list(open(json!({
                "city": schema("City"),
                "products": list(open(json!({
                    "product": schema("City"),
                    "title": text(),
                    "currency": schema("Currency"),
                    "time_zone": described("An IANA zone.", text()),
                    "rate_card": schema("Version"),
                    "driver_rate_card": schema("Version"),
                }))),
            })))})),
            "Health": open(json!({"status": {"const": "ok"}})),
            "Readiness": open(json!({
                "status": {"enum": ["ready", "not-ready"]},
                "checks": list(open(json!({"name": text(), "ok": {"type": "boolean"}, "problem": text()}))),
            })),
            "Problem": open(json!({
                "type": {"type": "string", "format": "uri"},
                "title": text(),
                "status": {"enum": statuses},
                "detail": text(),
                "code": {"enum": codes},
                "errors": {"type": "array", "maxItems": MOST_PROBLEMS, "items": open(json!({
                    "pointer": described("A JSON Pointer into the body.", text()),
                    "parameter": described("A path or query parameter.", text()),
                    "code": text(),
                    "message": text(),
                }))},
                "trace_id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            })),
        })
    }

    fn schema(name: &str) -> Value {
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    fn parameter(name: &str) -> Value {
        json!({"$ref": format!("#/components/parameters/{name}")})
    }

    fn described(description: &str, mut schema: Value) -> Value {
        schema["description"] = description.into();
        schema
    }

    fn text() -> Value {
        json!({"type": "string"})
    }

    /// Money in an answer.
    fn money() -> Value {
        json!({"type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$"})
    }

    fn degrees(limit: u8) -> Value {
        json!({"type": "number", "minimum": -i16::from(limit), "maximum": limit})
    }

    fn whole(range: &RangeInclusive<u64>) -> Value {
        json!({"type": "integer", "minimum": range.start(), "maximum": range.end()})
    }

    fn scene() -> Value {
        described("How the ride was ordered, in the words of the rate cards.", schema("City"))
    }

    fn passengers() -> Value {
        described("How many people ride.", whole(&limits::PASSENGERS))
    }

    fn booked_ahead() -> Value {
        described("How long before the start the ride was ordered.", whole(&limits::BOOKED_AHEAD_S))
    }

    fn one_price() -> Value {
        described("A price agreed for the ride as a whole.", schema("Amount"))
    }

    fn factor() -> Value {
        described(&format!("The surge factor as text: {}", range_text(&limits::DYNAMIC)), text())
    }

    fn range_text(range: &RangeInclusive<farebox_money::Decimal>) -> String {
        format!("{} to {}, at most {} decimals.", range.start(), range.end(), limits::FACTOR_DECIMALS)
    }

    fn list(items: Value) -> Value {
        json!({"type": "array", "items": items})
    }

    fn bounded(items: Value, length: &RangeInclusive<usize>) -> Value {
        json!({"type": "array", "items": items, "minItems": length.start(), "maxItems": length.end()})
    }

    fn unique(mut list: Value) -> Value {
        list["uniqueItems"] = true.into();
        list
    }
}
