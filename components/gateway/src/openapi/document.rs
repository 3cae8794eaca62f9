//! The document: every route, and what it has in common with others.

use super::answers;
use super::operations::Operation;
use super::schemas::{Schemas, text};
use crate::batch::BatchDocument;
use crate::keeping::Keeping;
use crate::routes::Route;
use farebox_access as access;
use farebox_billing::answers::{
    BillHistory, BillList, BillPage, CitiesDocument, CommissionDocument, Drained, Erased, EstimateDocument,
    EstimatePage, KeptSegments, ReadinessDocument, Retired, StatusDocument, Swept, TopUpList, TotalsDocument,
};
use farebox_billing::bills::WantedBills;
use farebox_billing::limits;
use farebox_billing::requests::{BatchRequest, BillRequest, CommissionRequest, EstimateRequest, SegmentsRequest};
use farebox_billing::schema::{Name, Token};
use farebox_document::MOST_WITH_A_POINT;
use farebox_fare::schema::Version;
use farebox_records::BillRecord;
use farebox_signatures::ACCEPT_SIGNATURE;
use http::Method;
use serde_json::{Map, Value, json};

/// All of it.
pub(super) fn document() -> Value {
    let mut schemas = Schemas::new();
    let paths = paths(&mut schemas);
    let parameters = parameters(&mut schemas);
    let mut schemas = schemas.finish();
    schemas.extend(answers::schemas().map(|(name, schema)| (name.to_owned(), schema)));
    schemas.insert("Health".into(), health());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Farebox",
            "version": "1",
            "description": format!(
                "Prices rides, keeps their meter, bills them and settles them. Money is decimal text in the currency's \
                 exponent, times are RFC 3339 with an offset, distances are whole metres, durations whole seconds. A field that \
                 may be left out may be null, which is the same; fields that are not described are refused by name. A whole \
                 number may be written with a point or an exponent, 1000.0 or 1e3, as long as it is at most {MOST_WITH_A_POINT}; \
                 a larger one has to be written in digits. Answers have the fields that are described here, and none of them is \
                 null; later releases may add some. A path that is not described is 404 `not-found`, another method 405 \
                 `method-not-allowed`."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "Where this document is served."}],
        "tags": [
            {"name": "estimates", "description": "What a ride is going to cost."},
            {"name": "trips", "description": "What it did cost."},
            {"name": "jobs", "description": "What happens without a rider asking."},
            {"name": "commission", "description": "What the platform keeps of it."},
            {"name": "cities", "description": "What can be priced, and how."},
            {"name": "probes", "description": "How the service is."},
            {"name": "documents", "description": "What it says of itself."},
        ],
        "paths": paths,
        "components": {
            "parameters": parameters,
            "responses": answers::refusals(),
            "securitySchemes": security_schemes(),
            "schemas": schemas,
        },
    })
}

fn security_schemes() -> Value {
    let description = format!(
        "HTTP Message Signatures (RFC 9421) with HMAC-SHA256, in the headers `Signature-Input` and `Signature`, of: \
         `{ACCEPT_SIGNATURE}`, with `keyid` and `nonce`; docs/api.md has examples. A key has scopes and cities. Where signatures \
         are off no key is needed, and only callers on the machine itself are answered."
    );
    json!({"signature": {"type": "http", "scheme": "Signature", "description": description}})
}

fn paths(schemas: &mut Schemas) -> Value {
    let mut paths = Map::new();
    let mut put = |path: &str, method: &str, operation: Operation| {
        let asked = asked_at(method, path);
        let need = asked.need(asked == access::Operation::Bill);
        paths.entry(path).or_insert_with(|| json!({}))[method] = operation.needs(need).write();
    };
    estimates(schemas, &mut put);
    trips(schemas, &mut put);
    settlement_and_cards(schemas, &mut put);
    probes(schemas, &mut put);
    for (path, id, summary, description) in [
        ("/openapi.json", "getOpenApi", "This document", "OpenAPI 3.1."),
        ("/rate-card.schema.json", "getRateCardSchema", "What a rate card may say", "JSON Schema, draft 2020-12."),
        ("/city.schema.json", "getCitySchema", "What a city may decide for itself", "JSON Schema, draft 2020-12."),
        ("/limits.schema.json", "getLimitsSchema", "What limits may say", "JSON Schema, draft 2020-12."),
        (
            "/commission-policy.schema.json",
            "getCommissionPolicySchema",
            "What a commission policy may say",
            "JSON Schema, draft 2020-12.",
        ),
    ] {
        let operation = Operation::new(id, "documents", summary)
            .waits_for_body()
            .answers(200, description, &any())
            .may_be_kept(Keeping::Release);
        put(path, "get", operation);
    }
    paths.into()
}

/// What is asked for by a method at a path of the document.
fn asked_at(method: &str, path: &str) -> access::Operation {
    let example = path.replace("{version}", &"0a".repeat(32)).replace(['{', '}'], "");
    let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
    Route::find(&method, &example).expect("what is described is a route").operation()
}

/// A document of another kind, which is described elsewhere.
fn any() -> Value {
    json!({"type": "object"})
}

fn estimates(schemas: &mut Schemas, put: &mut dyn FnMut(&str, &str, Operation)) {
    let create = Operation::new("createEstimate", "estimates", "Price a ride before it begins")
        .about(
            "Answers totals only. What they were priced from is kept for `quote_ttl_s` seconds, for whoever asks for details, \
             and for the bill.",
        )
        .waits_for_body()
        .reads(&schemas.request::<EstimateRequest>())
        .answers(201, "The totals.", &schemas.answer::<EstimateDocument>())
        .leads_to(
            &[201],
            "getEstimateDetail",
            &json!({"estimate_id": "$response.body#/estimate_id", "product": "$response.body#/estimates/0/product"}),
        );
    put("/v1/estimates", "post", create);
    let detail = Operation::new("getEstimateDetail", "estimates", "Show how an estimated total came about")
        .about("When the details are gone, the totals still show and `degraded` is true.")
        .takes(&["estimate_id", "product", "scene", "locale", "accept-language"])
        .waits_for_body()
        .answers(200, "The page.", &schemas.answer::<EstimatePage>())
        .refuses(&[404]);
    put("/v1/estimates/{estimate_id}/details/{product}", "get", detail);
}

fn trips(schemas: &mut Schemas, put: &mut dyn FnMut(&str, &str, Operation)) {
    let segments = Operation::new("addSegments", "trips", "Add metered pieces to a trip")
        .about(
            "All are added or none. A piece that is there already is not counted again, so sending a request again is always \
             safe, in any order.",
        )
        .takes(&["trip_id"])
        .waits_for_body()
        .reads(&schemas.request::<SegmentsRequest>())
        .answers(200, "The sums over all pieces.", &schemas.answer::<TotalsDocument>())
        .answers(
            202,
            "The shared store did not take them; they are kept in the journal of the node that answers, until it does.",
            &schemas.answer::<KeptSegments>(),
        )
        .refuses(&[404, 409]);
    put("/v1/trips/{trip_id}/segments", "post", segments);
    let batch = Operation::new("addBatch", "trips", "Add metered pieces to several trips of a city")
        .about(
            "For whatever collects them, from a queue for example. Those of each trip are added all or none, and it is answered what became \
             of each. A request that is not valid is refused as a whole.",
        )
        .waits_for_body()
        .reads(&schemas.request::<BatchRequest>())
        .answers(200, "What became of each trip.", &schemas.answer::<BatchDocument>());
    put("/v1/segments", "post", batch);
    let record = schemas.answer::<BillRecord>();
    let of_the_bill = json!({"trip_id": "$request.path.trip_id", "city": "$request.body#/city"});
    let bill = Operation::new("createBill", "trips", "Bill a trip")
        .about(
            "A trip is billed once; the same request again gets the same bill. Without the measurements that there should be, \
             the bill is `mocked` from the two ends of the ride; one that was called off, or that `metering` says was not to be \
             measured, lacks none. Without the shared store it is `kept: node`, in the journal of the node that answers, until the store takes it. With `estimate_id`, it is priced with the \
             rate cards that the estimate was priced with, as long as the quote is kept; `pinned` says whether it was, and why \
             not.",
        )
        .takes(&["trip_id"])
        .waits_for_body()
        .reads(&schemas.request::<BillRequest>())
        .answers(200, "The bill that was made before.", &record)
        .answers(201, "The bill.", &record)
        .leads_to(&[200, 201], "getBill", &of_the_bill)
        .leads_to(&[200, 201], "getBillDetail", &of_the_bill)
        .refuses(&[404, 409]);
    put("/v1/trips/{trip_id}/bill", "post", bill);
    let bill = Operation::new("getBill", "trips", "Fetch the bill of a trip")
        .about("The newest revision, or the one of a number.")
        .takes(&["trip_id", "city", "revision"])
        .waits_for_body()
        .answers(200, "The bill, as it was made.", &record)
        .refuses(&[404]);
    put("/v1/trips/{trip_id}/bill", "get", bill);
    let detail = Operation::new("getBillDetail", "trips", "Show the bill of a trip")
        .about(
            "The driver's bill in the scene `driver`, which needs a key for `read:driver`; otherwise the passenger's.",
        )
        .takes(&["trip_id", "city", "scene", "locale", "accept-language"])
        .waits_for_body()
        .answers(200, "The page.", &schemas.answer::<BillPage>())
        .refuses(&[404]);
    put("/v1/trips/{trip_id}/bill/detail", "get", detail);
    let history = Operation::new("getBillHistory", "trips", "List the revisions of the bill of a trip")
        .takes(&["trip_id", "city"])
        .waits_for_body()
        .answers(200, "The revisions, the first one first.", &schemas.answer::<BillHistory>())
        .refuses(&[404]);
    put("/v1/trips/{trip_id}/bill/history", "get", history);
    let repair = Operation::new("repairBill", "trips", "Make the bill of a trip again")
        .about(
            "From its own record and with what it was made with, once what it lacked can be had, or segments came late. `repair` on the \
             new revision says by how much it differs, and who bears that. Where nothing came of it, the bill is answered as it is. \
             It happens by itself as well, for all that is due.",
        )
        .takes(&["trip_id", "city"])
        .waits_for_body()
        .answers(200, "The bill as it was.", &record)
        .answers(201, "The newer revision.", &record)
        .refuses(&[404, 409]);
    put("/v1/trips/{trip_id}/bill/repair", "post", repair);
    let drain = Operation::new(
        "drainJournal",
        "jobs",
        "Drive into the shared store what waits on this node, a slice at a time",
    )
    .about("At most 200 entries of the journal, or two seconds; with `more`, ask again.")
    .waits_for_body()
    .answers(200, "What was driven in, and what is left.", &schemas.answer::<Drained>());
    put("/internal/jobs/drain", "post", drain);
    let sweep = Operation::new("repairDue", "jobs", "Repair what is due, a slice at a time")
        .about("At most 200 bills, or two seconds; with `next`, ask again from there.")
        .takes(&["city_of_job", "cursor"])
        .waits_for_body()
        .answers(200, "What became of them.", &schemas.answer::<Swept>());
    put("/internal/jobs/repair", "post", sweep);
    let retire = Operation::new("sweepBills", "jobs", "Take out of the store what is in the archive, a slice at a time")
        .about(
            "Bills that are as old as their city says, `retention.bills_days`, and to the byte as the archive has them. They are answered \
             from there then. At most some 400 bills, or two seconds; with `next`, ask again from there.",
        )
        .takes(&["city_of_job", "cursor"])
        .waits_for_body()
        .answers(200, "What became of them.", &schemas.answer::<Retired>());
    put("/internal/jobs/sweep", "post", retire);
    let erase = Operation::new("erasePassenger", "trips", "Take out of the bill of a trip who rode")
        .about(
            "`passenger_id` is taken out of every revision of the bill, for good; nothing else is another. Asked again, it finds \
             nothing to take out.",
        )
        .takes(&["trip_id", "city"])
        .waits_for_body()
        .answers(200, "What was taken out.", &schemas.answer::<Erased>())
        .refuses(&[404]);
    put("/v1/trips/{trip_id}/passenger", "delete", erase);
}

fn settlement_and_cards(schemas: &mut Schemas, put: &mut dyn FnMut(&str, &str, Operation)) {
    let commission = Operation::new("settle", "commission", "Settle a ride from its totals")
        .about("Keeps nothing.")
        .waits_for_body()
        .reads(&schemas.request::<CommissionRequest>())
        .answers(200, "The settlement.", &schemas.answer::<CommissionDocument>());
    put("/v1/commission", "post", commission);
    let card = json!({
        "city": "$response.body#/cities/0/city",
        "version": "$response.body#/cities/0/products/0/rate_card",
    });
    let cities = Operation::new("listCities", "cities", "List what can be priced")
        .waits_for_body()
        .answers(200, "The cities.", &schemas.answer::<CitiesDocument>())
        .may_be_kept(Keeping::Asking)
        .leads_to(&[200], "getRateCard", &card);
    put("/v1/cities", "get", cities);
    let bills = Operation::new("listBills", "cities", "List the bills of a city")
        .about(
            "Those that were made on a day; without one, those of all days that are to be made again. Each as its newest revision is; at \
             most 100 on a page, perhaps none. With `next`, ask again from there.",
        )
        .takes(&["city_of_card", "day", "state", "cursor"])
        .waits_for_body()
        .answers(200, "Some of them.", &schemas.answer::<BillList>())
        .refuses(&[404]);
    put("/v1/cities/{city}/bills", "get", bills);
    let top_ups = Operation::new("listTopUps", "cities", "List what the ledger of a city owes")
        .about(
            "The top-ups of the rides whose first bill was made on a day, those of later revisions with them: what is to be paid, once each. \
             With `next`, ask again from there.",
        )
        .takes(&["city_of_card", "day_of_ledger", "cursor"])
        .waits_for_body()
        .answers(200, "Some of them.", &schemas.answer::<TopUpList>())
        .refuses(&[404]);
    put("/v1/cities/{city}/top-ups", "get", top_ups);
    let card = Operation::new("getRateCard", "cities", "Fetch a rate card by its version")
        .about(
            "One that is in use, or that an estimate or a bill was priced with. Never another one under this name. The driver's \
             needs a key for `read:driver`.",
        )
        .takes(&["city_of_card", "version"])
        .waits_for_body()
        .answers(200, "The rate card; `/rate-card.schema.json` describes it.", &any())
        .may_be_kept(Keeping::ForEver)
        .refuses(&[404]);
    put("/v1/cities/{city}/rate-cards/{version}", "get", card);
}

/// The answer to `GET /healthz`.
fn health() -> Value {
    json!({
        "type": "object",
        "properties": {"status": {"type": "string", "enum": ["ok"]}},
        "required": ["status"],
        "additionalProperties": false,
    })
}

/// What is sent along with these is not looked at.
fn probes(schemas: &mut Schemas, put: &mut dyn FnMut(&str, &str, Operation)) {
    let health = Operation::new("getHealth", "probes", "Say whether the service runs")
        .about("Looks at nothing: point liveness probes at it.")
        .answers(200, "It runs.", &json!({"$ref": "#/components/schemas/Health"}));
    put("/healthz", "get", health);
    let readiness = schemas.answer::<ReadinessDocument>();
    let ready = Operation::new("getReadiness", "probes", "Say whether bills can be answered")
        .about(
            "Point readiness probes at it. The variables have to be right, a configuration in force, and some product one that \
             can be priced for both sides. Whatever else is wrong is told, and decides nothing: degraded is ready.",
        )
        .answers(200, "They can: `ready`, or `degraded`.", &readiness)
        .answers_or_refuses(503, "They cannot: `not-ready`.", &readiness);
    put("/readyz", "get", ready);
    let status = Operation::new("getStatus", "probes", "Say how everything stands")
        .about("For people and monitoring. It writes to the store, under one city, what is gone a minute later.")
        .answers(200, "How it stands, whatever that is.", &schemas.answer::<StatusDocument>());
    put("/statusz", "get", status);
}

fn parameters(schemas: &mut Schemas) -> Value {
    let path = |name: &str, schema: Value| json!({"name": name, "in": "path", "required": true, "schema": schema});
    let query = |name: &str, description: &str, schema: Value| json!({"name": name, "in": "query", "description": description, "schema": schema});
    let header = |name: &str, description: &str| json!({"name": name, "in": "header", "description": description, "schema": text()});
    let mut city = query("city", "The city that the trip began in.", schemas.answer::<Token>());
    city["required"] = true.into();
    let date = || json!({"type": "string", "format": "date"});
    let mut day_of_ledger =
        query("day", "The day on which the first bills were made, by the clock of the city.", date());
    day_of_ledger["required"] = true.into();
    json!({
        "estimate_id": path("estimate_id", json!({"type": "string", "maxLength": limits::ESTIMATE_ID_CHARS})),
        "product": path("product", schemas.answer::<Token>()),
        "trip_id": path("trip_id", schemas.answer::<Name>()),
        "city": city,
        "city_of_card": path("city", schemas.answer::<Token>()),
        "version": path("version", schemas.answer::<Version>()),
        "revision": query("revision", "The number of a revision. Without it, the newest.", json!({"type": "integer", "minimum": 1, "maximum": u32::MAX})),
        "city_of_job": query("city", "One city alone. Without it, all that the key is for.", schemas.answer::<Token>()),
        "cursor": query("cursor", "Where to go on: the `next` of an earlier answer.", text()),
        "day": query("day", "The day on which the bills were made, by the clock of the city. Without it, those that are to be made again.", date()),
        "day_of_ledger": day_of_ledger,
        "state": query("state", "Which of them. Without it, all.", json!({"type": "string", "enum": WantedBills::WORDS})),
        "scene": query("scene", "Which lines to show, and how. Without it, the first scene of the layout.", text()),
        "locale": query("locale", "A BCP 47 tag. Without it, what `Accept-Language` prefers.", text()),
        "accept-language": header("Accept-Language", "What is preferred when there is no `locale`. What is not understood counts as absent."),
        "if-none-match": header("If-None-Match", "The `ETag` of what is there already. What is not a list of such counts as absent."),
        "traceparent": header("traceparent", "W3C Trace Context. One that is not valid counts as absent: a trace begins here."),
    })
}
