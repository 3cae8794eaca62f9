"""Makes vectors.json: requests that another implementation signed, http-message-signatures 3.0.0 for Python.

    pip install http-message-signatures==3.0.0
    python3 vectors.py > vectors.json
"""

import datetime
import json

from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms

SECRET = bytes(range(32))


class Keys(HTTPSignatureKeyResolver):
    def resolve_private_key(self, key_id):
        return SECRET

    def resolve_public_key(self, key_id):
        return SECRET


class Message:
    def __init__(self, method, path, headers, body):
        self.method, self.url, self.headers, self.body = method, "https://example.com" + path, dict(headers), body


def signed(method, path, headers, body, covered, **parameters):
    message = Message(method, path, headers, body)
    signer = HTTPMessageSigner(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=Keys())
    created = datetime.datetime.fromtimestamp(1_800_000_000, datetime.timezone.utc)
    content = body.encode() if body else None
    signer.sign(message, body=content, key_id="dispatch", created=created, covered_component_ids=covered, **parameters)
    return {"method": method, "path": path, "headers": message.headers, "body": body}


THREE = ("@method", "@path", "@query")
FOUR = (*THREE, "content-digest")
NONCE = "bm9uY2Ugb2YgdGVzdHM="
JSON = {"Content-Type": "application/json", "X-List": "  a,b "}
print(
    json.dumps(
        [
            signed("GET", "/v1/cities", {}, "", THREE, nonce=NONCE),
            signed("GET", "/", {}, "", THREE, nonce=NONCE),
            signed("HEAD", "/v1/trips/a%2Fb/bill?city=110000&&x=%C3%A9+%20&", {}, "", THREE, nonce=NONCE),
            signed("POST", "/v1/estimates", JSON, '{"city": "110000"}', FOUR, nonce=NONCE),
            signed("POST", "/v1/estimates", JSON, "caf\u00e9", tuple(reversed(FOUR)), nonce=NONCE, tag="farebox"),
            signed("POST", "/a//b/", JSON, "x" * 5000, (*FOUR, "content-type", "x-list"), nonce=NONCE, label="a-b"),
            signed(
                "DELETE",
                "/v1/x?",
                {},
                "",
                THREE,
                nonce=NONCE,
                include_alg=False,
                expires=datetime.datetime.fromtimestamp(1_800_000_060, datetime.timezone.utc),
            ),
        ],
        indent=1,
    )
)
