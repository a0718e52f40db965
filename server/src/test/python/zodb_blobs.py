"""Makes a Data.fs with blobs by the real ZODB, and says what the real ZODB reads from one.

    zodb_blobs.py make FILE BLOBS bushy|lawn    write a file and its directory of blobs
    zodb_blobs.py dump FILE BLOBS               print what FileStorage reads: a JSON object a line,
                                                transactions and their records, with their blobs
    zodb_blobs.py use FILE BLOBS                commit, undo and pack blobs in it
"""
import hashlib
import json
import logging
import os
import random
import sys

import transaction
import ZODB
import ZODB.blob
from persistent.mapping import PersistentMapping
from ZODB.blob import Blob
from ZODB.FileStorage import FileStorage
from ZODB.POSException import POSKeyError


logging.disable(logging.WARNING)  # "the lawn layout is deprecated"


def commit(note):
    txn = transaction.get()
    txn.setUser("ü ser")
    txn.note(note)
    txn.setExtendedInfo("request", {"path": ["a", 1]})
    transaction.commit()


def write(blob, seed, size):
    with blob.open("w") as file:
        file.write(random.Random(seed).randbytes(size))


def undo_last(db):
    db.undo(db.undoLog(0, 1)[0]["id"])
    commit("undone")


def make(path, blobs, layout):
    FileStorage(path, blob_dir=blobs).close()  # a new one would remove what is in there
    with open(os.path.join(blobs, ZODB.blob.LAYOUT_MARKER), "w") as marker:
        marker.write(layout)
    db = ZODB.DB(FileStorage(path, blob_dir=blobs))
    root = db.open().root()
    root["plain"] = PersistentMapping({"a": 1})
    for name, size in (("empty", 0), ("one", 1), ("large", 3_000_001)):
        root[name] = Blob()
        write(root[name], name, size)
    commit("several at once")
    write(root["one"], "again", 140_000)
    root["plain"]["a"] = 2
    commit("one again")
    undo_last(db)
    undo_last(db)
    write(root["large"], "last", 77)
    commit("another")
    undo_last(db)
    root["plain"]["b"] = Blob()
    write(root["plain"]["b"], "gone", 10)
    commit("created")
    undo_last(db)  # its creation
    db.close()


def text(value):
    return None if value is None else value.hex()


def digest(storage, oid, tid):
    try:
        path = storage.loadBlob(oid, tid)
    except POSKeyError:
        return None
    with open(path, "rb") as file:
        data = file.read()
    return "%d %s" % (len(data), hashlib.sha256(data).hexdigest())


def records(storage):
    """What iterating over a storage gives, with the blob of each record.

    Records are in the order of oids, and a back pointer leads to where the data is: that is what
    Troika keeps of both.
    """
    written = {}  # by oid and tid of a record with a back pointer: where its data is
    for txn in storage.iterator():
        yield {
            "tid": txn.tid.hex(),
            "status": txn.status,
            "user": txn.user.hex(),
            "description": txn.description.hex(),
            "extension": txn.extension_bytes.hex(),
        }
        for record in sorted(txn, key=lambda each: each.oid):
            data_tid = record.data_txn
            if data_tid is not None:
                data_tid = written.get((record.oid, data_tid), data_tid)
                written[record.oid, record.tid] = data_tid
            yield {
                "oid": record.oid.hex(),
                "tid": record.tid.hex(),
                "data": text(record.data),
                "data_tid": text(data_tid),
                "blob": digest(storage, record.oid, record.tid),
            }


def dump(path, blobs):
    storage = FileStorage(path, blob_dir=blobs, read_only=True)
    for each in records(storage):
        print(json.dumps(each, sort_keys=True))
    storage.close()


def use(path, blobs):
    """As an application would go on."""
    db = ZODB.DB(FileStorage(path, blob_dir=blobs))
    root = db.open().root()
    write(root["one"], "used", 5)
    commit("used")
    undo_last(db)
    with root["one"].open() as file:
        assert len(file.read()) == 140_000
    with root["large"].open() as file:
        assert len(file.read()) == 3_000_001
    db.pack()
    with root["large"].open() as file:
        assert len(file.read()) == 3_000_001
    db.close()


if __name__ == "__main__":
    {"make": make, "dump": dump, "use": use}[sys.argv[1]](*sys.argv[2:])
