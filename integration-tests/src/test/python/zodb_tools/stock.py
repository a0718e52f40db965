"""A stock ZEO server with a FileStorage for each name. Prints "ready" when it can be connected to.

    stock.py PORT DIRECTORY NAME...
"""
import os
import sys

from ZEO.StorageServer import StorageServer
from ZODB.FileStorage import FileStorage


def main(port, directory, *names):
    storages = {
        name: FileStorage(os.path.join(directory, name + ".fs"), blob_dir=os.path.join(directory, name + ".blobs"))
        for name in names
    }
    server = StorageServer(("127.0.0.1", int(port)), storages)
    print("ready", flush=True)
    server.loop()


main(*sys.argv[1:])
