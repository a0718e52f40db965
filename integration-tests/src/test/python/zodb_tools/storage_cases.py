"""The calls of a storage, in usual and in odd ways."""
import base64
import os
import signal
import threading
import time

import transaction
import ZODB
from BTrees.Length import Length
from BTrees.OOBTree import BTree
from persistent.mapping import PersistentMapping
from ZEO.ClientStorage import ClientStorage
from ZODB.Connection import TransactionMetaData
from ZODB.serialize import referencesf
from ZODB.utils import maxtid, p64, z64
from zodbpickle.pickle import dumps

from sides import later

CASES = []
FORK_SECONDS_MAX = 60
CLIENTS = 40
CLIENTS_SECONDS_MAX = 120

# First and last.
UNDO_ENTRIES = [(0, 0), (0, 1), (1, 2), (2, 1), (5, 9), (0, -1), (1, -5), (-1, 5), (-5, -1), (-3, -9), (0, 1 << 40)]
SPECIFICATIONS = [{"user_name": b"user"}, {"int": 1, "text": "t\u00e9xt"}, {"list": [1, (2, 3)]}, {"no": 1}]

# As ZODB writes mappings.
RECORD = dumps((PersistentMapping, None), 3) + dumps({"data": {}}, 3)
OTHER_RECORD = dumps((PersistentMapping, None), 3) + dumps({"data": {"key": 1}}, 3)


def case(function):
    CASES.append(function)
    return function


def commit(storage, changes, user=b"user", description=b"text", extension=None, end="tpc_finish"):
    """Stores (oid, serial, data); returns the tid."""
    metadata = TransactionMetaData(user, description, extension)
    storage.tpc_begin(metadata)
    try:
        for oid, serial, data in changes:
            storage.store(oid, serial, data, "", metadata)
        if end == "before the vote":
            return storage.tpc_abort(metadata)
        storage.tpc_vote(metadata)
        if end == "after the vote":
            return storage.tpc_abort(metadata)
        return storage.tpc_finish(metadata)
    except Exception:
        storage.tpc_abort(metadata)
        raise


def fill(db, count=10):
    """A root with a tree of mappings and a counter, one transaction for each."""
    with db.transaction() as connection:
        connection.root()["tree"] = BTree()
        connection.root()["count"] = Length()
    for number in range(count):
        with db.transaction("number %d" % number) as connection:
            connection.root()["tree"]["key%d" % number] = PersistentMapping(number=number, text="x" * 200)
            connection.root()["count"].change(1)


def without(entries, *keys):
    return [{key: value for key, value in each.items() if key not in keys} for each in entries]


def iterated(storage, *bounds):
    return [
        (t.tid, t.status, t.user, t.description, t.extension, sorted((r.oid, r.data, r.data_txn) for r in t))
        for t in storage.iterator(*bounds)
    ]


@case
def empty_storage(side):
    storage = side.storage()
    for name in "isReadOnly", "supportsUndo", "__len__", "lastTransaction", "undoLog", "undoInfo":
        side.say(name, getattr(storage, name))
    side.say("interfaces", lambda: [
        each.__name__ for each in (ZODB.interfaces.IStorageUndoable, ZODB.interfaces.IStorageRestoreable,
                                   ZODB.interfaces.IStorageIteration, ZODB.interfaces.IExternalGC,
                                   ZODB.interfaces.IStorageCurrentRecordIteration)
        if each.providedBy(storage)
    ])
    side.say("load", storage.load, z64)
    side.say("history", storage.history, z64)
    side.say("getTid", storage.getTid, z64)
    side.say("iterator", iterated, storage)
    side.say("record_iternext", storage.record_iternext)
    side.say("pack", storage.pack, time.time(), referencesf)
    side.say("server_status", lambda: sorted(storage.server_status()))


@case
def odd_arguments(side):
    storage = side.storage()
    first = commit(storage, [(z64, z64, RECORD)])
    oids = [storage.new_oid() for _ in range(250)]
    side.say("new_oid", lambda: (len(set(oids)), oids == sorted(oids), z64 in oids))
    extension = {"int": 1, "text": "t\u00e9xt", "bytes": b"\xff", "float": 1.5, "none": None, "list": [1, (2, 3)],
                 "map": {"a": {b"b": True}}, "long": -2 ** 70, "tid": 5, "user_name": "extension"}
    second = commit(storage, [(z64, first, OTHER_RECORD), (oids[0], z64, RECORD)], extension=extension)
    for bounds in (), (second,), (None, first), (second, first), (later(first), None), (maxtid,):
        side.say("iterator", iterated, storage, *bounds)
    for size in 0, -1, 1, 2, 100:
        side.say("history %d" % size, lambda: without(storage.history(z64, size), "time"))
    for entries in UNDO_ENTRIES:
        side.say("undoLog %d %d" % entries, lambda: without(storage.undoLog(*entries), "time", "id", "size"))
        side.say("undoInfo %d %d" % entries, lambda: len(storage.undoInfo(*entries)))
    for specification in SPECIFICATIONS:
        side.say("undoInfo %s" % specification, lambda: len(storage.undoInfo(0, -20, specification)))
    for tid in z64, p64(1), first, later(first), later(first, -1), second, later(second), maxtid:
        for oid in z64, oids[0], oids[1]:
            side.say("loadBefore", storage.loadBefore, oid, tid)
            side.say("loadSerial", storage.loadSerial, oid, tid)
    for oid in z64, oids[0], later(oids[0]), p64(1 << 40):
        side.say("record_iternext", storage.record_iternext, oid)
        side.say("getTid", storage.getTid, oid)


@case
def packs_at_odd_times(side):
    storage = side.storage()
    tid = commit(storage, [(z64, z64, RECORD)])
    commit(storage, [(z64, tid, OTHER_RECORD)])
    db = side.keep(ZODB.DB(storage))
    for seconds in 0, -1, -1e9, 1, time.time() - 1e8, float("nan"), 1 << 31, time.time() + 1e9:
        side.say("pack", lambda: storage.pack(seconds, referencesf))
        side.say("left", lambda: (len(list(storage.iterator())), len(storage.undoLog())))
    for days in 1, -1, 0:
        side.say("pack %d days" % days, lambda: db.pack(days=days))
    side.say("not waited for", lambda: storage.pack(time.time(), referencesf, wait=False))


@case
def phases_out_of_order(side):
    storage = side.storage()
    tid = commit(storage, [(z64, z64, RECORD)])
    for end in "before the vote", "after the vote":
        side.say("abort", lambda: commit(storage, [(z64, tid, RECORD)], end=end))
    other = TransactionMetaData()
    side.say("abort of nothing", storage.tpc_abort, other)
    for name in "tpc_vote", "tpc_finish", "tpc_begin", "tpc_begin":
        side.say(name, getattr(storage, name), other)
    storage.store(z64, tid, RECORD, "", other)
    side.say("vote", storage.tpc_vote, other)
    side.say("vote again", storage.tpc_vote, other)
    side.say("abort", storage.tpc_abort, other)
    side.say("abort again", storage.tpc_abort, other)
    side.say("unchanged", lambda: storage.load(z64)[1] == tid)
    side.say("nothing stored", lambda: type(commit(storage, [])))
    twice = commit(storage, [(z64, tid, b"one" + RECORD), (z64, tid, RECORD)])
    side.say("stored twice", storage.loadSerial, z64, twice)
    side.say("stale", lambda: commit(storage, [(z64, tid, RECORD)]))
    side.say("no data", lambda: commit(storage, [(storage.new_oid(), z64, b"")]))
    known = "raised TypeError", "raised StorageTransactionError"
    side.differ("data None", *known, lambda: commit(storage, [(z64, twice, None)]))
    side.differ("data that is text", *known, lambda: commit(storage, [(z64, twice, "text")]))
    side.say("connected still", storage.ping)


@case
def metadata_limits(side):
    storage = side.storage()
    most = 65535
    long = [("user", b"u" * most, b"", {}), ("description", b"", b"d" * most, {})]
    for what, user, description, extension in long:
        side.say(what, lambda: type(commit(storage, [], user, description, extension)))
    longer = long[0][1] + b"u", long[1][2] + b"d"
    known = "raised ZODB.FileStorage.FileStorage.FileStorageError", "raised StorageTransactionError"
    side.differ("user", *known, lambda: commit(storage, [], user=longer[0]))
    side.differ("description", *known, lambda: commit(storage, [], description=longer[1]))
    side.differ("extension", *known, lambda: commit(storage, [], extension={"x": "x" * most}))
    side.say("text", lambda: commit(storage, [], user="J\u00fcrgen", description="\u4e2d\U0001f600"))
    side.say("as bytes", lambda: [(t.user, t.description) for t in storage.iterator()][-1])


@case
def undo_ids(side):
    db = side.db()
    fill(db, 2)
    connection = db.open()

    def undo(undo_id):
        try:
            db.undo(undo_id)
            transaction.commit()
            connection.sync()
            return connection.root()["count"]()
        finally:
            transaction.abort()

    newest = db.undoLog(0, 1)[0]["id"]
    side.say("with a newline", undo, newest + b"\n")
    side.say("undone again", undo, db.undoLog(0, 1)[0]["id"])
    side.say("several", lambda: db.undoMultiple([each["id"] for each in db.undoInfo(0, 2)]))
    transaction.abort()
    unknown = base64.encodebytes(p64(5)).strip()
    side.differ("unknown", "raised ZODB.POSException.UndoError", "raised MultipleUndoErrors", undo, unknown)
    side.differ("nonsense", "raised binascii.Error", "raised MultipleUndoErrors", undo, b"bad")
    side.differ("text", "raised TypeError", "raised MultipleUndoErrors", undo, newest.decode())
    side.say("connected still", db.storage.ping)


@case
def historical_connections(side):
    db = side.db()
    connection = db.open()
    tids = []
    for number in range(4):
        connection.root()["number"] = number
        transaction.commit()
        tids.append(connection.root()._p_serial)

    def opened(**when):
        historical = db.open(transaction_manager=transaction.TransactionManager(), **when)
        try:
            return historical.root()["number"]
        finally:
            historical.close()

    for tid in tids:
        side.say("at", lambda: opened(at=tid))
        side.say("before", lambda: opened(before=tid))
    side.say("in the future", lambda: opened(at=maxtid))
    side.say("oldstate", lambda: connection.oldstate(connection.root(), tids[1]))
    db.pack()
    side.say("packed away", lambda: opened(at=tids[1]))
    side.say("history", lambda: len(db.history(z64, 10)))


@case
def conflicts(side):
    db = side.db()
    fill(db, 4)
    managers = [transaction.TransactionManager() for _ in range(2)]
    one, other = [db.open(each).root() for each in managers]

    def both(change, other_change):
        change(one)
        other_change(other)
        managers[0].commit()
        try:
            managers[1].commit()
        finally:
            for each in managers:
                each.abort()

    side.say("counter", both, lambda root: root["count"].change(2), lambda root: root["count"].change(3))
    side.say("its value", lambda: (one["count"](), other["count"]()))
    side.say("tree", both, lambda root: root["tree"].update(a=1), lambda root: root["tree"].update(b=1))
    side.say("same key", both, lambda root: root["tree"].update(c=1), lambda root: root["tree"].update(c=2))

    def change_mapping(root):
        root["tree"]["key0"]["a"] = 1

    def read_current(root):
        root._p_jar.readCurrent(root["tree"]["key1"])
        root["tree"]["key2"]["a"] = 1

    side.say("mapping", both, change_mapping, change_mapping)
    side.say("readCurrent", both, lambda root: root["tree"]["key1"].update(a=1), read_current)


@case
def two_phases_with_another_manager(side):
    """One that fails in each phase, beside two storages."""
    manager = transaction.TransactionManager()
    roots = [side.db(number).open(manager).root() for number in range(2)]
    for phase in "tpc_begin", "commit", "tpc_vote", "tpc_finish":

        class Manager:
            transaction_manager = manager

            def abort(self, _):
                pass

            tpc_abort = tpc_begin = commit = tpc_vote = tpc_finish = abort

            def sortKey(self):
                return "~"

        def fail(*_):
            raise ValueError(phase)

        setattr(Manager, phase, fail)
        for root in roots:
            root["phase"] = phase
        manager.get().join(Manager())
        side.say(phase, manager.commit)
        manager.abort()
        side.say("after it", lambda: [root.get("phase") for root in roots])


@case
def many_clients_at_once(side):
    fill(side.db(), 1)
    done = []

    def run():
        db = ZODB.DB(ClientStorage(side.addresses, storage=side.name(), wait_timeout=60))
        connection = db.open(transaction.TransactionManager())
        done.append(connection.root()["tree"]["key0"]["number"])
        connection.close()
        db.close()

    threads = [threading.Thread(target=run, daemon=True) for _ in range(CLIENTS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(CLIENTS_SECONDS_MAX)
    side.say("all", lambda: done)


@case
def forked_workers(side):
    """The database is open before the fork: what is in its cache can be read, and a database of the child's own works."""
    db = side.db()
    fill(db, 2)

    def in_child(work):
        pid = os.fork()
        if pid == 0:
            try:
                signal.alarm(FORK_SECONDS_MAX)
                work()
                os._exit(0)
            except BaseException:  # told to the parent
                os._exit(1)
        return os.waitpid(pid, 0)[1]

    def write():
        own = side.db()
        own.open().root()["forked"] = 1
        transaction.commit()

    side.say("read", in_child, lambda: db.open().root()["tree"]["key0"]["number"])
    side.say("write", in_child, write)
    connection = db.open()
    side.say("parent", lambda: (db.storage.ping(), connection.sync(), connection.root()["forked"]))


@case
def closed_between_vote_and_finish(side):
    fill(side.db(), 1)
    leaving, staying = side.storage(), side.storage()
    metadata = TransactionMetaData()
    data, serial = leaving.load(z64)
    leaving.tpc_begin(metadata)
    leaving.store(z64, serial, data, "", metadata)
    leaving.tpc_vote(metadata)
    leaving.close()
    side.say("its locks are gone", lambda: type(commit(staying, [(z64, serial, data)])))
    side.say("load", leaving.load, z64)


@case
def read_only(side):
    side.say("read only", lambda: side.storage(read_only=True).new_oid())
    side.say("read only, fallback", lambda: type(side.storage(read_only_fallback=True).new_oid()))
    side.say("pack, read only", lambda: side.storage(read_only=True).pack(time.time(), referencesf))
