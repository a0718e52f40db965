"""Transactions that are voted while leadership is handed over, through the real ZEO client.

    zeo_votes.py ADDRESSES ROUNDS

ADDRESSES are host:port,host:port,...; each round begins on the next node. In each, a transaction is voted, another
one on another node votes for the same object (and waits), "voted" is printed, and a line on standard input says that
another node leads. Then the first one must be finished, and the second one be a conflict.
"""
import pickle
import sys
import threading
import time

from ZEO.ClientStorage import ClientStorage
from ZODB.Connection import TransactionMetaData
from ZODB.POSException import ConflictError
from ZODB.utils import z64
from persistent.mapping import PersistentMapping

PATIENCE_SECONDS = 120


class Vote(threading.Thread):
    """A vote on its way; afterwards, what it came to."""

    def __init__(self, storage, transaction):
        super().__init__(daemon=True)
        self.storage, self.transaction, self.failure = storage, transaction, None
        self.start()

    def run(self):
        try:
            self.storage.tpc_vote(self.transaction)
        except Exception as e:
            self.failure = e

    def outcome(self):
        self.join(PATIENCE_SECONDS)
        assert not self.is_alive(), "the vote was not answered"
        return self.failure


def begin(storage, oid, serial, value):
    transaction = TransactionMetaData()
    storage.tpc_begin(transaction)
    record = pickle.dumps((PersistentMapping, None), 3) + pickle.dumps({"data": {"value": value}}, 3)
    storage.store(oid, serial, record, "", transaction)
    return transaction


def eventually_waits(storage, at_least):
    """Until a vote has arrived at its node, and waits for its locks."""
    end = time.monotonic() + PATIENCE_SECONDS
    while storage.server_status()["waiting"] < at_least:
        assert time.monotonic() < end, "no vote waits"
        time.sleep(0.01)


def main():
    addresses = [(host, int(port)) for host, port in (a.split(":") for a in sys.argv[1].split(","))]
    storages = [ClientStorage([address], wait_timeout=120) for address in addresses]
    oid, serial = storages[0].new_oid(), z64
    for number in range(int(sys.argv[2])):
        first, second = storages[number % 3], storages[(number + 1) % 3]
        voted = begin(first, oid, serial, number)
        first.tpc_vote(voted)
        late = begin(second, oid, serial, -number)
        vote = Vote(second, late)
        eventually_waits(second, 1)
        print("voted", flush=True)
        sys.stdin.readline()
        serial = first.tpc_finish(voted)
        failure = vote.outcome()
        assert isinstance(failure, ConflictError), "the second one: %r" % failure
        second.tpc_abort(late)
        second.ping()  # a barrier: it has what the first one committed
    for storage in storages:
        storage.close()
    print("finished", flush=True)


main()
