"""An application on a Troika cluster through the real ZEO client.

    zeo_smoke.py ADDRESSES [STORAGE | CERTIFICATE KEY AUTHORITY]

ADDRESSES are host:port,host:port,...; with the three files the connections are TLS. Without STORAGE it is ZEO's usual one. It prints a line a step. After "lose the leader" it waits for a line
on standard input, and goes on with the same processes' connections.
"""
import ssl
import sys
import time

import transaction
import ZEO
import ZODB.POSException
from BTrees.Length import Length
from BTrees.OOBTree import OOBTree

PATIENCE_SECONDS = 120
STORAGE = sys.argv[2] if len(sys.argv) == 3 else "1"


def eventually(condition, what):
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("not in time: " + what)
        time.sleep(0.01)


def step(text):
    print(text, flush=True)


def security():
    if len(sys.argv) < 5:
        return {}
    certificate, key, authority = sys.argv[2:5]
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=authority)
    context.load_cert_chain(certificate, key)
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # as ZEO's own configuration does
    return {"ssl": context, "ssl_server_hostname": "127.0.0.1"}


class Application:
    """One database connection with a transaction manager of its own."""

    def __init__(self, addresses):
        self.db = ZEO.DB(addresses, storage=STORAGE, wait_timeout=120, **security())
        self.manager = transaction.TransactionManager()
        self.root = self.db.open(self.manager).root()

    def commit(self):
        self.manager.commit()

    def begin(self):
        self.manager.begin()

    def sees(self, other):
        mine, theirs = self.db.storage.lastTransaction, other.db.storage.lastTransaction
        eventually(lambda: mine() >= theirs(), "an invalidation")
        self.begin()


def main():
    addresses = [(host, int(port)) for host, port in (a.split(":") for a in sys.argv[1].split(","))]
    one = Application(addresses[:1])
    two = Application(addresses[-1:])

    one.root["tree"] = OOBTree({i: "value %d" % i for i in range(500)})
    one.root["count"] = Length(0)
    one.commit()
    two.sees(one)
    assert len(two.root["tree"]) == 500
    step("committed on one node, read on another")

    one.root["tree"][1000] = "new"
    one.commit()
    two.sees(one)
    assert two.root["tree"][1000] == "new"
    step("invalidated")

    one.begin()
    two.begin()
    one.root["count"].change(3)
    two.root["count"].change(4)
    one.commit()
    two.commit()
    one.sees(two)
    assert one.root["count"]() == 7
    step("conflict resolved in the client")

    two.begin()
    one.root["loser"] = 1
    two.root["loser"] = 2
    one.commit()
    try:
        two.commit()
        raise SystemExit("no conflict")
    except ZODB.POSException.ConflictError:
        two.manager.abort()
    step("conflict raised")

    last = one.db.undoLog(0, 1)[0]
    one.db.undo(last["id"], one.manager.get())
    one.commit()
    one.begin()
    assert "loser" not in one.root
    two.sees(one)
    assert "loser" not in two.root
    step("undone")

    storage = one.db.storage
    assert len(storage.history(one.root._p_oid, 10)) >= 3
    assert sum(1 for each in storage.iterator()) == len(one.db.undoLog(0, 100))
    step("history and iteration")

    everywhere = Application(addresses)
    everywhere.root["count"].change(1)
    everywhere.commit()
    step("lose the leader")
    sys.stdin.readline()
    for attempt in everywhere.manager.attempts(20):
        with attempt:
            everywhere.root["count"].change(1)
    everywhere.begin()
    assert everywhere.root["count"]() >= 9, everywhere.root["count"]()
    everywhere.root["tree"]._check()
    step("committed again")


main()
