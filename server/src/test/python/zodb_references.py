"""Records, and what ZODB says that they refer to: a line each, record and oids in hexadecimal."""
import io
import pickle
import zlib

import BTrees.OOBTree
import transaction
from persistent.mapping import PersistentMapping
from persistent.wref import WeakRef
from ZODB.DB import DB
from ZODB.MappingStorage import MappingStorage
from ZODB.serialize import referencesf
from ZODB.utils import load_current


class Id:
    """Pickled as its persistent id."""

    def __init__(self, pid):
        self.pid = pid


class Pickler(pickle._Pickler):
    def persistent_id(self, value):
        return value.pid if isinstance(value, Id) else None


def record(protocol, state, classes=("module", "Class")):
    out = io.BytesIO()
    pickler = Pickler(out, protocol)  # ZODB too has one for both, with one memo
    pickler.dump((classes, None))
    pickler.dump(state)
    return out.getvalue()


def oid(number):
    return number.to_bytes(8, "big")


def show(data, found):
    for record in (data, b".z" + zlib.compress(data)):
        print(record.hex(), ",".join(each.hex() for each in found), sep=" ", flush=True)


def states():
    big = oid(2**63 + 5)
    shared = (oid(8), "shared")
    yield {"none": 1, "list": [1.5, None, True, -(2**70), 300, 70000]}
    yield {"text": Id("abcdefgh"), "quote": "it's \\ \n \u20ac"}
    yield {"a": Id(oid(1)), "b": Id((oid(2), "hint")), "c": Id((big, None))}
    yield [Id(["w", (oid(3),)]), Id(["n", ("other", oid(4))]), Id(oid(5))]
    yield [Id(["m", ("other", oid(4), None)]), Id([oid(6)]), Id(oid(7))]
    yield [Id(shared), shared, Id(shared), {"s": {1, 2}, "f": frozenset([3])}]
    yield [Id("abcdefgh"), b"x" * 300, "y" * 70000, bytearray(b"z")]


def handmade():
    for number, state in enumerate(states()):
        # ZODB's own unpickler knows protocols up to 3; Python 3 writes no bytes in those before.
        found = referencesf(record(3, state))
        for protocol in range(0 if number < 2 else 3, 6):
            yield record(protocol, state), found


def real():
    db = DB(MappingStorage())
    root = db.open().root()
    root["tree"] = BTrees.OOBTree.OOBTree({i: PersistentMapping(number=i) for i in range(100)})
    root["weak"] = WeakRef(root["tree"])
    transaction.commit()
    seen, ahead = set(), [oid(0)]
    while ahead:
        each = ahead.pop()
        if each not in seen:
            seen.add(each)
            data, _ = load_current(db.storage, each)
            found = referencesf(data)
            ahead.extend(found)
            yield data, found


for data, found in [*handmade(), *real()]:
    show(data, found)
