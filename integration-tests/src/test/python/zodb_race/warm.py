"""A client with a warm persistent cache, watched while nodes are lost; and one that writes meanwhile.

    warm.py setup ADDRESSES
    warm.py write ADDRESSES
    warm.py watch ADDRESSES DIRECTORY

Objects come in pairs that are always changed together, with values that only grow. The writer changes the
first of them; the others stay as they are. The watched client commits to an object of its own and reads
pairs; what it reads has to be a state that was committed, and never an older one than before. It prints a
line for each commit. A line on its standard input is answered with the node that it is connected to, and
how much of its cache it has kept of what did not change.
"""
import itertools
import os
import select
import sys

import transaction
import ZEO
from BTrees.IOBTree import IOBTree
from persistent import Persistent
from transaction.interfaces import TransientError

PAIRS = 1000
CHANGING = 50
READ_AT_ONCE = 40
STORAGE = os.environ.get("ZEO_STORAGE", "1")
PAUSE_SECONDS = 0.01  # between commits, so that the watcher does not starve the writer


class Side(Persistent):
    def __init__(self):
        self.value = 0


class Pair(Persistent):
    def __init__(self):
        self.left, self.right = Side(), Side()


def parse(addresses):
    return [(host, int(port)) for host, port in (a.split(":") for a in addresses.split(","))]


def opened(addresses, **options):
    db = ZEO.DB(parse(addresses), storage=STORAGE, wait_timeout=60, **options)
    manager = transaction.TransactionManager()
    manager.begin()
    return db, manager, db.open(manager).root()


def setup(addresses):
    db, manager, root = opened(addresses)
    root["pairs"] = IOBTree({i: Pair() for i in range(PAIRS)})
    root["own"] = Side()
    manager.commit()
    db.close()


def write(addresses):
    _, manager, root = opened(addresses)
    print("writing", flush=True)
    for i in itertools.count():
        try:
            manager.begin()
            pair = root["pairs"][i % CHANGING]
            pair.left.value += 1
            pair.right.value += 1
            manager.commit()
        except TransientError:
            manager.abort()


class Watcher:
    def __init__(self, addresses, directory):
        os.chdir(directory)
        self.db, self.manager, self.root = opened(addresses, client="warm", var=".")
        self.storage = self.db.storage
        self.seen = [0] * PAIRS
        self.unchanging = []

    def run(self):
        self.warm_up()
        print("warm", flush=True)
        own = 0
        for i in itertools.count():
            self.read(range(i * READ_AT_ONCE, (i + 1) * READ_AT_ONCE))
            own = self.commit(own)
            if select.select([sys.stdin], [], [], PAUSE_SECONDS)[0]:
                if not sys.stdin.readline():
                    return
                self.report()

    def warm_up(self):
        for i in range(PAIRS):
            pair = self.root["pairs"][i]
            values = pair.left.value, pair.right.value
            assert values[0] == values[1], values
            if i >= CHANGING:
                self.unchanging += [pair._p_oid, pair.left._p_oid, pair.right._p_oid]

    def read(self, numbers):
        try:
            self.manager.begin()
            pairs = self.root["pairs"]
            for number in numbers:
                i = number % PAIRS
                left, right = pairs[i].left.value, pairs[i].right.value
                assert left == right, "pair %d: %d and %d were never there together" % (i, left, right)
                assert left >= self.seen[i], "pair %d: %d after %d" % (i, left, self.seen[i])
                self.seen[i] = left
            self.manager.abort()
        except TransientError:
            self.manager.abort()

    def commit(self, own):
        """The value after it; nobody else writes this object, so it may only be one of two."""
        try:
            self.manager.begin()
            found = self.root["own"].value
            assert found >= own, "own value %d after %d was acknowledged" % (found, own)
            self.root["own"].value = found + 1
            self.manager.commit()
        except TransientError:
            self.manager.abort()
            return own
        print("committed", flush=True)
        return found + 1

    def report(self):
        cache = self.storage._cache
        kept = sum(1 for oid in self.unchanging if cache.load(oid) is not None)
        print("at %s kept %d of %d" % (self.node(), kept, len(self.unchanging)), flush=True)

    def node(self):
        protocol = self.storage._server.client.protocol
        peer = protocol.get_peername() if protocol is not None else None
        return "%s:%d" % peer[:2] if peer else "none"


def main():
    command, addresses, *rest = sys.argv[1:]
    if command == "setup":
        setup(addresses)
    elif command == "write":
        write(addresses)
    elif command == "watch":
        Watcher(addresses, rest[0]).run()


main()
