"""Copies a FileStorage with its blobs into a cluster through ZEO, and back.

    zeo_copy.py in  FILE BLOBS ADDRESSES STORAGE    into the storage, which must be empty
    zeo_copy.py out FILE BLOBS ADDRESSES STORAGE    out of it, into a new file
    zeo_copy.py same FILE BLOBS ADDRESSES STORAGE   compare, record by record
    zeo_copy.py blob ADDRESSES STORAGE OID          print the blob's length and SHA-256, then store another

Tids, users, descriptions, extensions and back pointers are kept. ADDRESSES: HOST:PORT,HOST:PORT,…
"in" is what ClientStorage.copyTransactionsFrom does, but for blobs, which that leaves behind.
"""
import hashlib
import os
import shutil
import sys
import tempfile

import transaction
from ZEO.ClientStorage import ClientStorage
from ZODB.blob import is_blob_record
from ZODB.DB import DB
from ZODB.FileStorage import FileStorage
from ZODB.POSException import POSKeyError
from ZODB.utils import p64, z64

import zodb_blobs


def connect(addresses, storage, directory):
    pairs = [(host, int(port)) for host, port in (each.rsplit(":", 1) for each in addresses.split(","))]
    return ClientStorage(pairs, storage=storage, blob_dir=directory, wait_timeout=120)


def blob_of(source, record):
    """A copy of the record's blob, to be moved; none where ZODB's own copy has none."""
    if not is_blob_record(record.data):
        return None
    try:
        path = source.loadBlob(record.oid, record.tid)
    except POSKeyError:
        return None
    handle, copy = tempfile.mkstemp()
    os.close(handle)
    shutil.copyfile(path, copy)
    return copy


def copy_in(source, client):
    newest = {}  # by oid: the tid of its last record
    for txn in source.iterator():
        client.tpc_begin(txn, txn.tid, txn.status)
        for record in txn:
            # What shares data shares its blob too: the server has it.
            blob = None if record.data_txn else blob_of(source, record)
            if blob is None:
                client.restore(record.oid, record.tid, record.data, "", record.data_txn, txn)
            else:
                serial = newest.get(record.oid, z64)
                client.storeBlob(record.oid, serial, record.data, blob, "", txn)
            newest[record.oid] = record.tid
        client.tpc_vote(txn)
        client.tpc_finish(txn)


def compare(file, client):
    expected = list(zodb_blobs.records(file))
    found = list(zodb_blobs.records(client))
    for one, other in zip(expected, found):
        if one != other:
            raise SystemExit("the file has\n%s\nthe storage\n%s" % (one, other))
    if len(expected) != len(found):
        raise SystemExit("the file has %d lines, the storage %d" % (len(expected), len(found)))
    print("%d transactions and records are equal" % len(found))


def exchange_blob(client, oid):
    """Reads what another client stored, and stores something else."""
    db = DB(client)
    blob = db.open().get(oid)
    with blob.open() as file:
        data = file.read()
        file.seek(100)
        part = file.read(50)
    assert part == data[100:150]
    print(len(data), hashlib.sha256(data).hexdigest())
    with blob.open("w") as file:
        file.write(data[::-1])
    transaction.commit()
    db.close()


def main(command, *arguments):
    with tempfile.TemporaryDirectory() as directory:
        if command == "blob":
            addresses, storage, oid = arguments
            exchange_blob(connect(addresses, storage, directory), p64(int(oid, 16)))
            return
        path, blobs, addresses, storage = arguments
        file = FileStorage(path, blob_dir=blobs, read_only=command != "out")
        client = connect(addresses, storage, directory)
        if command == "in":
            copy_in(file, client)
        elif command == "out":
            file.copyTransactionsFrom(client)
        else:
            compare(file, client)
        client.close()
        file.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
