"""Checks a dashboard against Grafana's own schema, as its Foundation SDK has it in Python types.

    grafana_schema.py FILE.json     prints what is wrong, a line each; 1 if anything is
    grafana_schema.py check         0 if the SDK is there

The SDK reads leniently: what it does not know it drops, and it checks no types. So what was read is compared with the
file (a name that Grafana does not know is missing then), and each value with the type that the SDK declares for it.
"""
import enum
import json
import sys
import types
import typing

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.cog.runtime import UnknownDataquery
from grafana_foundation_sdk.models.dashboard import Dashboard


def lost(where, before, after):
    """What of the file Grafana's types have no place for."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name, value in before.items():
            if name in after:
                yield from lost(f"{where}.{name}", value, after[name])
            else:
                yield f"{where}.{name}: unknown to Grafana"
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, value in enumerate(before):
            yield from lost(f"{where}[{index}]", value, after[index])
    elif before != after:
        yield f"{where}: {before!r} is read as {after!r}"


def is_model(kind):
    return isinstance(kind, type) and kind.__module__.startswith("grafana_foundation_sdk.models")


def wrong(where, value, hint):
    """Values that are not of the types that are declared for them."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(value, UnknownDataquery):
        yield f"{where}: asks a kind of data source that Grafana does not have"
    elif hint in (object, typing.Any):
        if is_model(type(value)):
            yield from wrong(where, value, type(value))
        elif where.endswith(".options"):
            yield f"{where}: of a kind of panel that Grafana does not have"
    elif origin in (typing.Union, types.UnionType):
        if value is None and type(None) in arguments:
            return
        found = [list(wrong(where, value, each)) for each in arguments if each is not type(None)]
        if all(found):
            yield from min(found, key=len)
    elif origin is typing.Literal:
        if value not in arguments:
            yield f"{where}: {value!r}, expected one of {list(arguments)}"
    elif origin is list:
        if not isinstance(value, list):
            yield f"{where}: {value!r}, expected a list"
            return
        for index, each in enumerate(value):
            yield from wrong(f"{where}[{index}]", each, arguments[0])
    elif origin is dict:
        if not isinstance(value, dict):
            yield f"{where}: {value!r}, expected an object"
            return
        for name, each in value.items():
            yield from wrong(f"{where}.{name}", each, arguments[1])
    elif isinstance(hint, type) and issubclass(hint, enum.Enum):
        if value not in [each.value for each in hint] and not isinstance(value, hint):
            yield f"{where}: {value!r}, expected one of {[each.value for each in hint]}"
    elif is_model(hint) or hasattr(hint, "to_json"):
        if not isinstance(value, hint):
            if is_model(type(value)):  # a plugin's own type, where a common one is declared
                hint = type(value)
            else:
                yield f"{where}: {value!r}, expected {hint.__name__}"
                return
        for name, kind in typing.get_type_hints(type(value)).items():
            yield from wrong(f"{where}.{name}", getattr(value, name), kind)
    elif hint is float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            yield f"{where}: {value!r}, expected a number"
    elif hint is int and isinstance(value, bool):
        yield f"{where}: {value!r}, expected a whole number"
    elif isinstance(hint, type) and not isinstance(value, hint):
        yield f"{where}: {value!r}, expected {hint.__name__}"


def main(path):
    register_default_plugins()
    with open(path, encoding="utf-8") as file:
        text = json.load(file)
    dashboard = Dashboard.from_json(text)
    back = json.loads(JSONEncoder().encode(dashboard))
    findings = [*lost("dashboard", text, back), *wrong("dashboard", dashboard, Dashboard)]
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(0 if sys.argv[1] == "check" else main(sys.argv[1]))
