"""pack() of a Troika cluster through the real ZEO client.

    zeo_pack.py ADDRESSES

ADDRESSES are host:port,host:port,...; prints a line a step.
"""
import sys
import time

import transaction
import ZEO
import ZODB.POSException
from BTrees.Length import Length
from BTrees.OOBTree import OOBTree
from persistent.mapping import PersistentMapping
from persistent.wref import WeakRef
from ZODB.serialize import referencesf
from ZODB.utils import p64

PATIENCE_SECONDS = 120
ROOT = p64(0)


def eventually(condition, what):
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("not in time: " + what)
        time.sleep(0.01)


def step(text):
    print(text, flush=True)


def records(storage):
    """All current records, by oid."""
    found = {}
    following = None
    while True:
        oid, tid, data, following = storage.record_iternext(following)
        found[oid] = data
        if following is None:
            return found


def reachable(found):
    """The oids that are reached from the root; a KeyError if one is not there."""
    seen, ahead = set(), [ROOT]
    while ahead:
        oid = ahead.pop()
        if oid not in seen:
            seen.add(oid)
            ahead.extend(referencesf(found[oid]))
    return seen


def missing(storage, oid):
    try:
        storage.loadBefore(oid, b"\x7f" + b"\xff" * 7)
        return False
    except ZODB.POSException.POSKeyError:
        return True


def main():
    addresses = [(host, int(port)) for host, port in (a.split(":") for a in sys.argv[1].split(","))]
    db = ZEO.DB(addresses[:1], wait_timeout=120)
    manager = transaction.TransactionManager()
    root = db.open(manager).root()

    root["tree"] = OOBTree({i: PersistentMapping(number=i) for i in range(300)})
    root["count"] = Length(0)
    root["cycle"] = PersistentMapping()
    root["cycle"]["back"] = PersistentMapping(there=root["cycle"])
    root["held"] = PersistentMapping()
    root["weak"] = PersistentMapping(to=WeakRef(root["held"]))
    manager.commit()
    garbage = [root["cycle"]._p_oid, root["cycle"]["back"]._p_oid, root["held"]._p_oid]
    for _ in range(60):
        root["count"].change(1)
        manager.commit()
    del root["cycle"]
    del root["held"]
    manager.commit()
    root["count"].change(1)
    manager.commit()
    undoable = db.undoLog(0, 1)[0]["id"]
    step("garbage made")

    last = db.storage.lastTransaction()
    before = records(db.storage)
    assert all(oid in before for oid in garbage)
    other = ZEO.client(addresses[-1:], wait_timeout=120)
    other.pack(time.time())
    step("packed")

    after = records(other)
    assert set(after) == reachable(after), "what is there is what can be reached"
    assert set(before) - set(after) == set(garbage)
    assert all(after[oid] == before[oid] for oid in after)
    assert all(missing(other, oid) for oid in garbage)
    assert other.lastTransaction() == last
    assert len(other.history(root["count"]._p_oid, 10)) == 1
    statuses = [each.status for each in other.iterator()]
    assert statuses and set(statuses) == {"p"}, statuses
    assert len(other.undoLog(0, 10)) == 0
    step("old revisions and garbage are gone")

    try:
        db.undo(undoable, manager.get())
        manager.commit()
        raise SystemExit("a packed transaction was undone")
    except ZODB.POSException.UndoError:
        manager.abort()
    other.pack(time.time() - 3600)
    step("undo is refused, an earlier pack does nothing")

    root["count"].change(1)
    manager.commit()
    for address in addresses:
        fresh = ZEO.DB([address], wait_timeout=120)
        eventually(lambda: fresh.storage.lastTransaction() > last, "the new transaction")
        again = fresh.open(transaction.TransactionManager()).root()
        assert again["count"]() == 62
        assert [value["number"] for value in again["tree"].values()] == list(range(300))
        assert again["weak"]["to"]() is None
        again["tree"]._check()
        fresh.close()
    step("every node opens and loads all")


main()
