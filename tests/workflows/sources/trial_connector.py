"""A Singer tap and an Airbyte source that do what their configuration says, good or bad."""

import json
import os
import subprocess
import sys
import time


def tell(**message):
    print(json.dumps(message), flush=True)


def option(name):
    if f"--{name}" not in sys.argv:
        return None
    with open(sys.argv[sys.argv.index(f"--{name}") + 1]) as file:
        return json.load(file)


def misbehave(config):
    does = config.get("does")
    if does == "hangs":
        time.sleep(600)
    if does == "says nonsense":
        print("Traceback: this is no message")
    if does == "breaks off":
        print('{"type": "RECORD", "stream": "thin')
    if does == "fails":
        print(f"requests.exceptions.HTTPError: 401 for https://x.example/?key={config['token']}", file=sys.stderr)
        sys.exit(3)
    if does == "says too long a line":
        print("x" * 20_000_000)
    if does == "floods":
        while True:
            tell(type="RECORD", stream="things", record={"id": 1, "words": "x" * 100_000})
    if does == "leaves a child":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        with open(config["note"], "w") as note:
            json.dump({"pid": os.getpid(), "child": child.pid, "folder": os.getcwd()}, note)
        time.sleep(600)


SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "amount": {"type": ["null", "number"]},
        "words": {"type": ["null", "string"]},
        "at": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
        "tags": {"type": "array"},
        "address": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


def tap():
    config = option("config")
    if "--discover" in sys.argv:
        metadata = [{"breadcrumb": [], "metadata": {"valid-replication-keys": ["id"]}}] + [
            {"breadcrumb": ["properties", name], "metadata": {"inclusion": "available"}} for name in SCHEMA["properties"]
        ]
        entry = {"tap_stream_id": "db-things", "stream": "things", "schema": SCHEMA, "metadata": metadata}
        return print(json.dumps({"streams": [entry]}, indent=2))
    (stream,) = option("catalog")["streams"]
    own, *others = stream["metadata"]
    state = option("state") or {}
    tell(type="SCHEMA", stream="things", schema=SCHEMA, key_properties=["id"])
    misbehave(config)
    names = [one["breadcrumb"][1] for one in others if one["metadata"]["selected"]]
    if config.get("does") == "tells of itself":
        words = {"environment": sorted(os.environ), "own": own["metadata"], "names": names, "state": state}
        words["modes"] = [oct(os.stat(path).st_mode & 0o777) for path in (".", "config.json")]
        tell(type="RECORD", stream="things", record={"id": 1, "words": json.dumps(words)})
    last = state.get("last", 0)
    for text in config.get("rows", []):
        row = json.loads(text)
        if row["id"] < last:
            continue
        last = row["id"]
        # As it was written: Python would round.
        print('{"type": "RECORD", "stream": "things", "record": %s}' % text)
        tell(type="RECORD", stream="others", record={"id": 99})
    tell(type="STATE", value={"last": last, "big": 12345678901234567890})


def source():
    config = option("config")
    verb = sys.argv[1]
    does = config.get("does")
    print("some library says hello")
    if verb == "check":
        failed = does == "may not connect"
        status = {"status": "FAILED", "message": f"no such key: {config['token']}"} if failed else {"status": "SUCCEEDED"}
        return tell(type="CONNECTION_STATUS", connectionStatus=status)
    if verb == "discover":
        stream = {"name": "things", "json_schema": SCHEMA, "supported_sync_modes": ["full_refresh", "incremental"]}
        stream |= {"source_defined_cursor": True, "default_cursor_field": ["id"]}
        return tell(type="CATALOG", catalog={"streams": [{**stream, "namespace": "other"}, {**stream, "namespace": "shop"}]})
    (configured,) = option("catalog")["streams"]
    state = option("state")
    if does == "fails":
        error = {"message": "The key was not taken", "internal_message": config["token"], "failure_type": "config_error"}
        tell(type="TRACE", trace={"type": "ERROR", "error": error})
        sys.exit(1)
    for namespace in ("other", "shop"):
        words = json.dumps({"mode": configured["sync_mode"], "cursor": configured.get("cursor_field"), "state": state})
        tell(type="RECORD", record={"stream": "things", "namespace": namespace, "data": {"id": 1, "words": words}})
    descriptor = {"name": "things", "namespace": "shop"}
    tell(type="STATE", state={"type": "STREAM", "stream": {"stream_descriptor": descriptor, "stream_state": {"last": 1}}})
