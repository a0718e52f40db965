package io.troika.client.internal.transaction;

import io.troika.client.TransactionId;
import io.troika.client.internal.ClientSettings;
import io.troika.client.internal.cache.RevisionCache;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** What the views and transactions of one storage share. */
record StoreParts(
    String name,
    ClientSettings settings,
    StoreCalls calls,
    RevisionCache cache,
    ViewOpener views,
    StoreReader reader,
    ObjectPages pages,
    OidSource oids,
    Committer committer,
    Executor users,
    Supplier<TransactionId> ids) {}
