"""Holds a running server to its own description; `./x api` runs it.

    check.py FAREBOX

Serves the application on a port of its own, with data of its own. Then schemathesis asks it for everything that the document
allows, and for much that it does not, with all of its checks; a client that is generated from the document bills a ride; and heads
are sent that no client would.
"""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).parent
TOOLS = Path(sys.executable).parent
CITY = "110000"
# Whoever changes these looks for other requests. More are not better here: they are asked for on each change.
SEED, EXAMPLES = 20260101, 60

ESTIMATE = {
    "city": CITY,
    "products": ["express", "taxi"],
    "origin": {"lat": 39.9087, "lng": 116.3975},
    "destination": {"lat": 39.9990, "lng": 116.3264},
    "distance_m": 16200,
    "duration_s": 2100,
    "depart_at": "2026-11-20T08:30:00+08:00",
}


def main(farebox):
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch, "server.log")
        # A quote that is gone after some minutes would make other answers on slower machines.
        up = [farebox, "up", "--listen", "127.0.0.1:0", "--data", f"{scratch}/data", "--variable", "quote_ttl_s=86400"]
        with log.open("w") as output, subprocess.Popen(up, stdout=output, stderr=output) as server:
            try:
                url = address(server, log)
                document = Path(scratch, "openapi.json")
                document.write_text(json.dumps(ask(url, "/openapi.json")))
                check_answers(url, document, scratch)
                check_client(url, document, scratch)
                check_heads(url)
            finally:
                server.terminate()


def address(server, log):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and server.poll() is None:
        if found := re.search(r"listening on (http://\S+)", log.read_text()):
            return found[1]
        time.sleep(0.1)
    sys.exit(f"the server did not start:\n{log.read_text()}")


def check_answers(url, document, scratch):
    # From a file, since schemathesis leaves out the route that it has the document from.
    run(
        [TOOLS / "schemathesis", "run", document, "--url", url]
        + ["--checks", "all", "--mode", "all", "--continue-on-failure", "--warnings", "off", "--no-color"]
        + ["--max-examples", EXAMPLES, "--seed", SEED, "--generation-database", "none"],
        cwd=scratch,
        env={
            "SCHEMATHESIS_HOOKS": "hooks",
            "PYTHONPATH": HERE,
            "PYTHONDONTWRITEBYTECODE": "1",
            "FAREBOX_FOUND": json.dumps(found(url)),
        },
    )


def found(url):
    """What this server has, for tests/api/hooks.py."""
    cities = {city["city"]: city["products"] for city in ask(url, "/v1/cities")["cities"]}
    products = cities[CITY]
    return {
        "city": CITY,
        "products": [product["product"] for product in products],
        "currency": products[0]["currency"],
        "versions": [product[card] for product in products for card in ("rate_card", "driver_rate_card")],
        "estimate_id": ask(url, "/v1/estimates", ESTIMATE)["estimate_id"],
        "policy": json.loads((HERE / "../../config/policies/default.json").read_text()),
        "scenes": [scene["name"] for scene in json.loads((HERE / "../../config/copy/layout.json").read_text())["scenes"]],
        "locales": [path.stem for path in sorted((HERE / "../../config/copy").glob("*.ftl"))],
    }


def ask(url, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def check_client(url, document, scratch):
    client = Path(scratch, "client")
    run(
        [TOOLS / "openapi-python-client", "generate", "--path", document, "--output-path", client, "--meta", "none"]
        + ["--fail-on-warning", "--config", HERE / "client.yaml"],
        cwd=scratch,
    )
    run([sys.executable, "-m", "compileall", "-q", client], cwd=scratch)
    run([sys.executable, HERE / "bill_a_ride.py", url], cwd=scratch, env={"PYTHONPATH": scratch})


def check_heads(url):
    """What is not text counts as absent, and what the server answers alone is what the document says."""
    detail = b"GET /v1/trips/ride-of-a-client/bill/detail?city=370100"
    for line, status in (
        (b"Accept-Language: \xff\xfe\r\n", b"200"),
        (b"traceparent: \xff\xfe\r\n", b"200"),
        (b"Accept-Language: " + b"x" * 200_000 + b"\r\n", b"431"),
        (b"a: b\r\n" * 101, b"431"),
        (b"no colon\r\n", b"400"),
        (b"", b"414"),
    ):
        query = b"&locale=" + b"x" * 65_600 if status == b"414" else b""
        answer = raw(url, detail + query + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + line + b"\r\n")
        if answer.split(b" ", 2)[1:2] != [status]:
            sys.exit(f"{line[:40]!r}...: {answer[:200]!r}, and not {status.decode()}")


def raw(url, request):
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as stream:
        stream.sendall(request)
        answer = b""
        try:
            while part := stream.recv(65536):
                answer += part
        except ConnectionResetError:
            # Of a head that was not read to its end.
            pass
        return answer


def run(command, cwd, env=None):
    done = subprocess.run(list(map(str, command)), cwd=cwd, env={**os.environ, **{k: str(v) for k, v in (env or {}).items()}})
    if done.returncode != 0:
        sys.exit(f"failed: {Path(command[0]).name} {' '.join(map(str, command[1:3]))}")


if __name__ == "__main__":
    main(*sys.argv[1:])
