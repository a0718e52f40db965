"""Makes Data.fs files with the real ZODB, and says what the real FileStorage reads from them.

    zodb_files.py make DIRECTORY    write files and NAME.expected beside each NAME.fs, and
                                    variants/*.fs with variants.expected: damaged copies
    zodb_files.py dump FILE...      print what FileStorage reads from each file, as the .expected

An .expected file has one JSON object a line: a transaction, then its data records, and so on.
Bytes are in hex. ``data_txn`` is what the iterator of FileStorage says: the transaction that the
back pointer names; ``data_tid`` is where the chain of back pointers ends, null without one.

A line of variants.expected says what becomes of one damaged file when FileStorage opens it for
writing (and so recovers it) and iterates over it: see ``judge``.

Everything is seeded and the clock is made up, so every run writes the same bytes.
"""

import hashlib
import importlib
import itertools
import json
import logging
import os
import random
import resource
import shutil
import sys
import tempfile
import time

import transaction
import ZODB
from persistent.mapping import PersistentMapping
from persistent.TimeStamp import TimeStamp
from ZODB.Connection import TransactionMetaData
from ZODB.FileStorage import FileStorage
from ZODB.FileStorage.format import FileStorageFormatter
from ZODB.utils import p64, u64, z64

SEED = 20250101
HANG_READS = 20_000
MEMORY_BYTES = 1 << 30

# Durability is not what is tested here, and 20,000 fsyncs take a minute.
# (The package's attribute of that name is the class, hence import_module.)
importlib.import_module("ZODB.FileStorage.FileStorage").fsync = None

# FileStorage takes its tids from the clock: give it one that repeats, 1.25 s a look.
_ticks = itertools.count(int(1_700_000_000 / 1.25))
time.time = lambda: next(_ticks) * 1.25


# ---------------------------------------------------------------------------- what FileStorage reads


def line(value):
    return json.dumps(value, separators=(",", ":")) + "\n"


def final_tid(storage, record):
    """The tid of the record where the back pointers of ``record`` end, None without data there."""
    header = storage._read_data_header(record.pos)
    if header.plen or not header.back:
        return None
    data, tid = storage._loadBackTxn(record.oid, header.back, False)
    return None if data is None else tid


def hexed(value):
    return None if value is None else value.hex()


def transaction_lines(storage, txn):
    lines = [
        line(
            {
                "tid": txn.tid.hex(),
                "status": txn.status,
                "user": txn.user.hex(),
                "description": txn.description.hex(),
                "extension": txn.extension_bytes.hex(),
            }
        )
    ]
    for record in txn:
        lines.append(
            line(
                {
                    "oid": record.oid.hex(),
                    "tid": record.tid.hex(),
                    "sha256": None if record.data is None else hashlib.sha256(record.data).hexdigest(),
                    "data_txn": hexed(record.data_txn),
                    "data_tid": hexed(final_tid(storage, record)),
                }
            )
        )
    return lines


def dump(path, out):
    storage = FileStorage(path, read_only=True)
    for txn in storage.iterator():
        out.writelines(transaction_lines(storage, txn))
    storage.close()


# ---------------------------------------------------------------------------- files


def commit(storage, actions, user="", description="", extension=None, undo=()):
    """One transaction on the storage itself; actions are (oid, data or None to delete)."""
    txn = TransactionMetaData(user, description, extension)
    storage.tpc_begin(txn)
    for oid, data in actions:
        serial = serial_of(storage, oid)
        if data is None:
            storage.deleteObject(oid, serial, txn)
        else:
            storage.store(oid, serial, data, "", txn)
    for undo_id in undo:
        storage.undo(undo_id, txn)
    storage.tpc_vote(txn)
    return storage.tpc_finish(txn)


def serial_of(storage, oid):
    """The tid of the last record, also of an object that is absent."""
    position = storage._index.get(oid, 0)
    return storage._read_data_header(position, oid).tid if position else z64


def undo_id(storage, back=0):
    """What to call to undo the transaction that many before the last."""
    return storage.undoLog(back, back + 1)[0]["id"]


def make_normal(path):
    db = ZODB.DB(path)
    with db.transaction("make the root") as connection:
        connection.root()["counters"] = PersistentMapping()
    for i in range(12):
        with db.transaction() as connection:
            counters = connection.root()["counters"]
            counters[str(i)] = PersistentMapping(value=i, text="ä€" * i)
            if i % 3 == 0:
                counters["0"]["value"] = i
            txn = connection.transaction_manager.get()
            txn.setUser("jürgen", "/zope")
            txn.note("edited %d – déjà vu" % i)
            if i % 2:
                txn.setExtendedInfo("request_type", "GET")
                txn.setExtendedInfo("count", i)
    db.close()


def make_packed(path):
    db = ZODB.DB(path)
    with db.transaction() as connection:
        root = connection.root()
        for i in range(6):
            root["part%d" % i] = PersistentMapping(value=0)
    for i in range(10):
        with db.transaction() as connection:
            connection.root()["part%d" % (i % 6)]["value"] = i
    with db.transaction() as connection:
        del connection.root()["part5"]
    # An undo after the pack time, whose back pointer leads before it, where pack may drop the data.
    before = time.time()
    db.undo(db.undoLog(1, 2)[0]["id"])
    transaction.commit()
    with db.transaction() as connection:
        connection.root()["late"] = PersistentMapping()
    db.pack(before)
    db.undo(db.undoLog(0, 1)[0]["id"])
    transaction.commit()
    with db.transaction() as connection:
        connection.root()["after"] = 1
    db.close()


def make_undone(path):
    storage = FileStorage(path)
    oids = [p64(i) for i in range(4)]
    commit(storage, [(oids[0], b"root one"), (oids[1], b"first"), (oids[2], b"second")])
    commit(storage, [(oids[1], b"first changed"), (oids[2], b"second changed")], description="change")
    commit(storage, [], undo=[undo_id(storage)], description="undo")
    commit(storage, [], undo=[undo_id(storage)], description="undo of undo")
    commit(storage, [], undo=[undo_id(storage)], description="undo of undo of undo")
    commit(storage, [(oids[3], b"created")])
    commit(storage, [], undo=[undo_id(storage)], description="creation undone")
    commit(storage, [], undo=[undo_id(storage)], description="and redone")
    commit(storage, [], undo=[undo_id(storage)], description="and undone: points to an absent one")
    commit(storage, [(oids[0], b"root two")])
    commit(storage, [(oids[0], b"root three")])
    commit(storage, [], undo=[undo_id(storage, 0), undo_id(storage, 1)], description="two at once")
    for _ in range(6):
        commit(storage, [], undo=[undo_id(storage)], description="to and fro")
    storage.close()


def make_deleted(path):
    storage = FileStorage(path)
    oids = [p64(2**40 + 7 * i) for i in range(5)]
    commit(storage, [(oid, b"data of " + oid.hex().encode()) for oid in oids])
    commit(storage, [(oids[1], None), (oids[2], None)], description="garbage")
    commit(storage, [], undo=[undo_id(storage)], description="garbage back")
    commit(storage, [(oids[3], None)])
    commit(storage, [(oids[3], b"born again")])
    commit(storage, [(oids[4], b"last words"), (oids[0], None)])
    storage.close()


def make_metadata(path):
    storage = FileStorage(path)
    oid = p64(1)
    metadata = [
        ("", "", None),
        ("plain", "text", {}),
        ("ünïcödé \U0001f40d", "描述\nsecond line", {"a": "ä", "n": None, "l": [1, 2.5, True]}),
        (bytes(range(256)), b"\xff\x00\xfe", {"bytes": b"\x80"}),
        (b"u" * 65535, b"d" * 65535, b"e" * 65535),
        ("", "description only", b"\x80\x03}q\x00."),
    ]
    for i, (user, description, extension) in enumerate(metadata):
        commit(storage, [(oid, b"revision %d" % i)], user, description, extension)
    commit(storage, [], "nobody", "no records at all")
    commit(storage, [(oid, b"stored once"), (p64(2), b"between")], "before a double store")
    txn = TransactionMetaData("twice", "the same object twice in one transaction")
    storage.tpc_begin(txn)
    serial = serial_of(storage, oid)
    storage.store(oid, serial, b"first", "", txn)
    storage.store(oid, serial, b"second", "", txn)
    storage.tpc_vote(txn)
    storage.tpc_finish(txn)
    storage.close()


def make_many(path):
    storage = FileStorage(path)
    for i in range(20_000):
        commit(storage, [(p64(i % 977), b"value %d" % i)], description="n")
    storage.close()


def make_large(path):
    """Few transactions, with large records and with many."""
    storage = FileStorage(path)
    commit(storage, [(p64(1), bytes(range(256)) * (5 << 12)), (p64(2), b"x" * ((1 << 20) + 1))])
    commit(storage, [(p64(10 + i), b"%d" % i * 60) for i in range(8_000)])
    commit(storage, [(p64(1), b"small now")])
    commit(storage, [], undo=[undo_id(storage)], description="large again")
    storage.close()


def make_voted(path):
    """As a server leaves it that dies between vote and finish."""
    storage = FileStorage(path + ".live")
    commit(storage, [(p64(1), b"finished")])
    txn = TransactionMetaData("", "voted")
    storage.tpc_begin(txn)
    storage.store(p64(2), z64, b"voted only", "", txn)
    storage.tpc_vote(txn)
    shutil.copyfile(path + ".live", path)
    storage.tpc_abort(txn)
    storage.close()


def make_empty(path):
    FileStorage(path).close()


def copied(source):
    def make(path):
        origin = FileStorage(os.path.join(os.path.dirname(path), source), read_only=True)
        copy = FileStorage(path)
        copy.copyTransactionsFrom(origin)
        copy.close()
        origin.close()

    return make


FILES = {
    "empty": make_empty,
    "normal": make_normal,
    "packed": make_packed,
    "undone": make_undone,
    "deleted": make_deleted,
    "metadata": make_metadata,
    "many": make_many,
    "large": make_large,
    "voted": make_voted,
    "restored-undone": copied("undone.fs"),
    "restored-packed": copied("packed.fs"),
    "restored-deleted": copied("deleted.fs"),
}


# ---------------------------------------------------------------------------- damaged variants


class Hang(Exception):
    """FileStorage follows a loop, which it would do for ever."""


class CountingReads:
    """Stands in for FileStorageFormatter._read_data_header, to notice a loop without a clock."""

    def __init__(self):
        self.original = FileStorageFormatter._read_data_header
        self.count = 0
        FileStorageFormatter._read_data_header = lambda *args, **kw: self.read(*args, **kw)

    def read(self, *args, **kw):
        self.count += 1
        if self.count > HANG_READS:
            raise Hang()
        return self.original(*args, **kw)


def judge(path, reads):
    """What FileStorage makes of a damaged file.

    ``opened``: whether it opens. Then ``end`` is where the file ends once it is recovered,
    ``transactions`` and ``last`` say what the iterator gives, ``sha256`` is of those lines, and
    ``iterated`` says whether the iterator came to its end.
    """
    verdict = {"opened": False, "end": 0, "iterated": False}
    lines, count, last, error, storage = [], 0, None, None, None
    reads.count = 0
    try:
        storage = FileStorage(path)
        verdict.update(opened=True, end=storage._pos)
        for txn in storage.iterator():
            lines.extend(transaction_lines(storage, txn))
            count, last = count + 1, txn.tid
        verdict["iterated"] = True
    except Exception as e:
        error = type(e).__name__
    finally:
        if storage is not None:
            storage.close()
    digest = hashlib.sha256("".join(lines).encode()).hexdigest()
    return dict(verdict, transactions=count, last=hexed(last), sha256=digest, error=error)


def structure(data):
    """Positions of the bytes that are not data or strings: headers, lengths and back pointers."""
    positions, pos = [], 4
    while pos < len(data):
        length = u64(data[pos + 8 : pos + 16])
        positions.extend(range(pos, pos + 23))
        sizes = [int.from_bytes(data[pos + i : pos + i + 2], "big") for i in (17, 19, 21)]
        record = pos + 23 + sum(sizes)
        while record < pos + length:
            size = u64(data[record + 34 : record + 42])
            positions.extend(range(record, record + (42 if size else 50)))
            record += 42 + (size or 8)
        positions.extend(range(record, record + 8))
        pos = record + 8
    return positions


def transactions(data):
    starts, pos = [], 4
    while pos < len(data):
        starts.append(pos)
        pos += u64(data[pos + 8 : pos + 16]) + 8
    return starts + [pos]


def replaced(data, pos, new):
    return data[:pos] + new + data[pos + len(new) :]


def flipped(data, pos, rng):
    return replaced(data, pos, bytes([data[pos] ^ 1 << rng.randrange(8)]))


def damages(data, rng):
    """(kind, damaged bytes), again and again for one file."""
    starts, fields, size = transactions(data), structure(data), len(data)
    for _ in range(16):
        yield "cut", data[: rng.randrange(size)]
    for start in rng.sample(starts, min(6, len(starts))):
        yield "cut-at-header", data[: start + rng.randrange(24)]
        yield "cut-at-end", data[: max(0, start - rng.randrange(1, 9))]
    for _ in range(40):
        yield "flip-structure", flipped(data, rng.choice(fields), rng)
    for _ in range(12):
        yield "flip-any", flipped(data, rng.randrange(size), rng)
    for _ in range(12):
        pos = rng.choice(fields)
        yield "random-byte", replaced(data, pos, rng.randbytes(1))
    for _ in range(6):
        pos = rng.randrange(size)
        yield "zeroed-tail", data[:pos] + bytes(size - pos)
        yield "zeroed-block", replaced(data, pos, bytes(min(64, size - pos)))
        yield "garbage-tail", data + rng.randbytes(rng.randrange(1, 200))
        yield "zero-tail", data + bytes(rng.randrange(1, 200))
        yield "garbage-block", replaced(data, pos, rng.randbytes(min(64, size - pos)))
        yield "lost-block", data[:pos] + data[pos + rng.randrange(1, 100) :]
    last, end = starts[-2], starts[-1]
    middle, after = starts[len(starts) // 2 : len(starts) // 2 + 2]
    yield "last-twice", data + data[last:end]
    yield "middle-lost", data[:middle] + data[after:]
    yield "status-unfinished-last", replaced(data, last + 16, b"c")
    yield "status-unfinished-middle", replaced(data, middle + 16, b"c")
    yield "status-undone-middle", replaced(data, middle + 16, b"u")
    yield "status-unknown", replaced(data, middle + 16, b"x")
    yield "tid-high", replaced(data, middle, b"\x80" + data[middle + 1 : middle + 8])
    yield "tid-all-ones", replaced(data, middle, b"\xff" * 8)
    yield "tid-zero", replaced(data, middle, z64)
    yield "magic-python2", replaced(data, 0, b"FS21")
    yield "magic-unknown", replaced(data, 0, b"FS99")


def back_pointer_damages(data, rng):
    """Every back pointer led astray."""
    for record, size in records(data):
        if size == 0:
            body = record + 42
            yield "pointer-loop", replaced(data, body, p64(record))
            yield "pointer-zero", replaced(data, body, z64)
            yield "pointer-elsewhere", replaced(data, body, p64(rng.randrange(len(data))))
            yield "pointer-other-record", replaced(data, body, p64(rng.choice(records(data))[0]))


def records(data):
    found = []
    for start in transactions(data)[:-1]:
        pos = start + 23 + sum(int.from_bytes(data[start + i : start + i + 2], "big") for i in (17, 19, 21))
        end = start + u64(data[start + 8 : start + 16])
        while pos < end:
            size = u64(data[pos + 34 : pos + 42])
            found.append((pos, size))
            pos += 42 + (size or 8)
    return found


VARIANTS_OF = ("normal", "packed", "undone", "deleted", "restored-undone")


def make_variants(directory):
    folder = os.path.join(directory, "variants")
    os.makedirs(folder, exist_ok=True)
    rng = random.Random(SEED)
    reads = CountingReads()
    with open(os.path.join(directory, "variants.expected"), "w", encoding="utf-8") as expected:
        for base in VARIANTS_OF:
            with open(os.path.join(directory, base + ".fs"), "rb") as f:
                data = f.read()
            every = damages(data, rng)
            if base == "undone":
                every = itertools.chain(every, back_pointer_damages(data, rng))
            for number, (kind, damaged) in enumerate(every):
                name = "%s-%03d-%s.fs" % (base, number, kind)
                with open(os.path.join(folder, name), "wb") as f:
                    f.write(damaged)
                expected.write(line(dict(file=name, **judge_copy(damaged, reads))))


def judge_copy(damaged, reads):
    with tempfile.TemporaryDirectory() as scratch:
        path = os.path.join(scratch, "Data.fs")
        with open(path, "wb") as f:
            f.write(damaged)
        return judge(path, reads)


def make(directory):
    os.makedirs(directory, exist_ok=True)
    for name, make_file in FILES.items():
        path = os.path.join(directory, name + ".fs")
        make_file(path)
        with open(os.path.join(directory, name + ".expected"), "w", encoding="utf-8") as out:
            dump(path, out)
    make_variants(directory)


def main(arguments):
    logging.disable(logging.CRITICAL)
    # A back pointer led astray makes FileStorage read as many bytes as it finds written there.
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    if arguments[:1] == ["make"] and len(arguments) == 2:
        make(arguments[1])
    elif arguments[:1] == ["dump"]:
        for path in arguments[1:]:
            dump(path, sys.stdout)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
