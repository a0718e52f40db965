"""Prints one frame of each ZEO message, as ZEO's own marshal module writes it.

    zeo_frames.py pickle|msgpack > GOLDEN

A line is a name, "client" or "server" for who sends it, and the frame in hex without its length.
Wants ZEO (5.4 and 6.2 print the same) and msgpack; the golden files beside ZeoGoldenTest were made
with ZEO 6.2 and msgpack 1.2.4.
"""

import sys

from ZEO.asyncio.marshal import encoder, reduce_exception
from ZODB.POSException import (
    ConflictError,
    MultipleUndoErrors,
    POSKeyError,
    ReadConflictError,
    ReadOnlyError,
    StorageTransactionError,
)

NONE = b"\0" * 8
OID = b"\0\0\0\0\0\0\0\x2a"
OID2 = b"\0\0\0\0\0\0\x01\0"
TID = bytes.fromhex("03f0a1b2c3d4e5f6")
TID2 = bytes.fromhex("03f0a1b2c3d4e5f7")
MAX_TID = b"\x7f" + b"\xff" * 7
TXN = 140_234_567_890_123
DATA = b"\x80\x03cpersistent.mapping\nPersistentMapping\nq\0.\x80\x03}q\1."
LONG_DATA = bytes(range(256)) + b"\0" * 10
UNDO_ID = b"A/ChssPU5fY="
EXTENSION = {
    "request": "/a/b",
    "count": 300,
    "negative": -5,
    "big": 1 << 40,
    "huge": (1 << 63) + 5,
    "ratio": 0.1,
    "yes": True,
    "no": False,
    "none": None,
    "raw": b"\xff\0",
    "names": ["a", "ü", "\N{SNOWMAN}"],
    "one": [1],
    "nested": {"a": {}},
    b"bytes": (),
    "pair": (1, 65536),
}
INFO = {
    "length": 1,
    "size": 107,
    "name": "1",
    "supportsUndo": True,
    "supports_record_iternext": True,
    "interfaces": (
        ("ZODB.interfaces", "IStorageRestoreable"),
        ("ZODB.interfaces", "IBlobStorage"),
        ("zope.interface", "Interface"),
    ),
}
HISTORY = {
    "time": 1764073227.25,
    "user_name": b"admin",
    "description": b"/folder",
    "tid": TID,
    "size": 76,
}
STATUS = {
    "connections": 2,
    "loads": 70_000,
    "stores": 0,
    "commits": 1,
    "aborts": 0,
    "active_txns": 0,
    "conflicts": 0,
    "conflicts_resolved": 0,
    "lock_time": None,
    "start": "Tue Nov 24 13:20:27 2026",
    "waiting": 0,
    "timeout-thread-is-alive": True,
    "last-transaction": TID.hex(),
}


def call(name, *args, suffix="", id=7):
    return name + suffix, "client", (id, False, name, args)


def one_way(name, *args, suffix="", sender="client"):
    return name + suffix, sender, (0, True, name, args)


def reply(name, value, id=7):
    return name + "-reply", "server", (id, 0, ".reply", value)


def error(name, exception):
    return name + "-error", "server", (7, 2, ".reply", reduce_exception(exception))


def conflict(cls):
    return cls("database conflict error", oid=OID, serials=(TID2, TID))


def messages():
    yield "keep-alive", "client", (-1, 0, ".reply", None)
    yield call("register", "1", False)
    yield call("register", "\N{SNOWMAN}", True, suffix="-read-only", id=70_000)
    yield reply("register", NONE)
    yield call("get_info")
    yield reply("get_info", INFO)
    yield call("lastTransaction")
    yield reply("lastTransaction", TID)
    yield call("getInvalidations", TID)
    yield reply("getInvalidations", (TID2, [OID, OID2]))
    yield "getInvalidations-nothing-reply", "server", (7, 0, ".reply", (TID, ()))
    yield "getInvalidations-unknown-reply", "server", (7, 0, ".reply", None)
    yield call("ping")
    yield reply("ping", None)
    yield one_way("set_client_label", "worker 1")
    yield call("server_status")
    yield reply("server_status", STATUS)

    yield call("loadBefore", OID, MAX_TID, id=(OID, MAX_TID))
    yield reply("loadBefore", (DATA, TID, None), id=(OID, MAX_TID))
    yield "loadBefore-old-reply", "server", ((OID, TID2), 0, ".reply", (LONG_DATA, TID, TID2))
    yield call("loadSerial", OID, TID)
    yield reply("loadSerial", DATA)
    yield call("getTid", OID)
    yield reply("getTid", TID)
    yield call("history", OID, 1)
    yield reply("history", [HISTORY])
    yield call("record_iternext", None)
    yield reply("record_iternext", (OID, TID, DATA, OID2))
    yield call("new_oids", 100)
    yield call("new_oids", suffix="-default")
    yield reply("new_oids", [OID, OID2])

    yield one_way("tpc_begin", TXN, b"admin", b"/folder", {}, None, " ")
    yield one_way("tpc_begin", TXN, b"", b"", EXTENSION, TID2, "p", suffix="-copy")
    yield one_way("storea", OID, TID, DATA, TXN)
    yield one_way("storea", OID, NONE, LONG_DATA, -TXN, suffix="-long")
    yield one_way("checkCurrentSerialInTransaction", OID, TID, TXN)
    yield one_way("deleteObject", OID, TID, TXN)
    yield one_way("restorea", OID, TID2, DATA, TID, TXN)
    yield one_way("restorea", OID, TID2, None, None, TXN, suffix="-absent")
    yield one_way("undoa", UNDO_ID, TXN)
    yield one_way("storeBlobStart")
    yield one_way("storeBlobChunk", LONG_DATA)
    yield one_way("storeBlobEnd", OID, TID, DATA, TXN)
    yield one_way("storeBlobShared", OID, TID, DATA, "x.tmp", TXN)
    yield call("vote", TXN)
    yield reply("vote", [])
    yield "vote-undone-reply", "server", (7, 0, ".reply", [OID])
    yield (
        "vote-conflict-reply",
        "server",
        (7, 0, ".reply", [{"oid": OID, "serials": (TID2, TID), "data": DATA}]),
    )
    yield call("tpc_finish", TXN)
    yield reply("tpc_finish", TID2)
    yield call("tpc_abort", TXN)
    yield reply("tpc_abort", None)
    yield call("pack", 1764073227.25, True)
    yield reply("pack", None)

    yield call("undoLog", 0, -20)
    undone = dict(HISTORY, id=UNDO_ID)
    del undone["tid"]
    yield reply("undoLog", [undone, undone])
    yield call("undoInfo", 0, 20, {"user_name": b"admin"})
    yield call("undoInfo", 0, 20, None, suffix="-all")
    yield reply("undoInfo", ())
    yield call("iterator_start", None, TID)
    yield reply("iterator_start", 1)
    yield call("iterator_next", 1)
    yield reply("iterator_next", (TID, " ", b"admin", b"/folder", {"request": "/a/b"}))
    yield call("iterator_record_start", 1, TID)
    yield reply("iterator_record_start", 256)
    yield call("iterator_record_next", 256)
    yield reply("iterator_record_next", (OID, TID, None, None))
    yield one_way("iterator_gc", [1, 256])

    yield call("sendBlob", OID, TID)
    yield reply("sendBlob", None)
    yield one_way("receiveBlobStart", OID, TID, sender="server")
    yield one_way("receiveBlobChunk", OID, TID, LONG_DATA, sender="server")
    yield one_way("receiveBlobStop", OID, TID, sender="server")
    yield one_way("invalidateTransaction", TID, [OID, OID2], sender="server")
    yield one_way("invalidateTransaction", TID, (), sender="server", suffix="-empty")
    yield one_way("info", {"length": 2, "size": 4_294_967_296}, sender="server")

    yield error("POSKeyError", POSKeyError(OID))
    yield error("ConflictError", conflict(ConflictError))
    yield error("ReadConflictError", conflict(ReadConflictError))
    yield error("ReadOnlyError", ReadOnlyError())
    yield error("StorageTransactionError", StorageTransactionError("Already voting (locked)"))
    yield error("MultipleUndoErrors", MultipleUndoErrors([(OID, "modified later")]))
    yield error("KeyError", KeyError(3))
    yield error("ValueError", ValueError("unknown storage: 2"))


if __name__ == "__main__":
    encode = encoder({"pickle": b"Z5", "msgpack": b"M5"}[sys.argv[1]])
    for name, sender, message in messages():
        print(name, sender, encode(*message).hex())
