#!/usr/bin/env python3
"""Collects segments from a queue and posts them in batches: an example.

Reads a line of JSON for each message from the standard input, {"city": ..., "trip_id": ..., "segments": [...]}, as a client of the queue
prints it:

    mosquitto_sub -h broker -q 1 -c -i collector -t 'rides/+/segments' -F '%p' | deploy/collect.py http://127.0.0.1:3000

What is not taken yet is sent again until it is: no segment counts twice. What never will be, because it is not valid or contradicts what
is there, goes to the standard error, a line of JSON for each message with the reason. Requests are not signed: for a server that asks for
signatures, sign as docs/api.md shows.
"""

import json
import queue
import sys
import threading
import time
import urllib.error
import urllib.request

MOST_TRIPS = 100  # of a batch
MOST_SEGMENTS = 500  # of a trip of a batch
COLLECTS_S = 0.5
END = object()


def read(lines, messages):
    for line in lines:
        if not line.strip():
            continue
        try:
            message = json.loads(line)
            message = {key: message[key] for key in ("city", "trip_id", "segments")}
            if not (isinstance(message["segments"], list) and message["segments"]):
                raise ValueError("segments is not a list of segments")
            messages.put(message)
        except (ValueError, KeyError, TypeError) as error:
            refuse({"line": line.rstrip("\n")}, repr(error))
    messages.put(END)


def refuse(message, why):
    print(json.dumps({**message, "why": why}), file=sys.stderr, flush=True)


def collect(messages):
    """Messages of a moment; whether there may be more."""
    collected, until = [], None
    while len(collected) < MOST_TRIPS:
        try:
            message = messages.get(timeout=None if until is None else max(0.0, until - time.monotonic()))
        except queue.Empty:
            break
        if message is END:
            return collected, False
        collected.append(message)
        until = until or time.monotonic() + COLLECTS_S
    return collected, True


def batches(collected):
    """Batches of one city each, with each trip once."""
    left = collected
    while left:
        city, trips, later = left[0]["city"], {}, []
        for message in left:
            numbers = trips.setdefault(message["trip_id"], []) if message["city"] == city else None
            same = numbers is not None and not {str(s.get("seq")) for s in numbers} & {str(s.get("seq")) for s in message["segments"]}
            if same and len(numbers) + len(message["segments"]) <= MOST_SEGMENTS:
                numbers.extend(message["segments"])
            else:
                later.append(message)
        yield city, {trip: segments for trip, segments in trips.items() if segments}
        left = later


def post(server, city, trips):
    """What became of each trip: a status and why; all of them 503 when there was no answer."""
    body = {"city": city, "trips": [{"trip_id": trip, "segments": segments} for trip, segments in trips.items()]}
    request = urllib.request.Request(f"{server}/v1/segments", json.dumps(body).encode(), {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            results = json.load(answer)["trips"]
            return {of["trip_id"]: (of["status"], of.get("problem")) for of in results}
    except urllib.error.HTTPError as error:
        why = error.read().decode(errors="replace")
        return {trip: (error.code, why) for trip in trips}
    except (OSError, ValueError) as error:
        return {trip: (503, str(error)) for trip in trips}


def send(server, city, trips):
    pause = 0.2
    while trips:
        again = {}
        for trip, (status, why) in post(server, city, trips).items():
            if status in (408, 429) or status >= 500:
                again[trip] = trips[trip]
            elif status == 422 and len(trips) > 1:
                # Something is wrong with one of them: each on its own.
                send(server, city, {trip: trips[trip]})
            elif status not in (200, 202):
                refuse({"city": city, "trip_id": trip, "segments": trips[trip]}, why)
        trips = again
        if trips:
            time.sleep(pause)
            pause = min(pause * 2, 5)


def main():
    if len(sys.argv) != 2 or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__)
    messages, more = queue.Queue(maxsize=10_000), True
    threading.Thread(target=read, args=(sys.stdin, messages), daemon=True).start()
    while more:
        collected, more = collect(messages)
        for city, trips in batches(collected):
            send(sys.argv[1].rstrip("/"), city, trips)


if __name__ == "__main__":
    main()
