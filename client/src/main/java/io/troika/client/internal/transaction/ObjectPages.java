package io.troika.client.internal.transaction;

import io.troika.client.Oid;
import io.troika.client.internal.Futures;
import io.troika.client.internal.codec.ValueCodec;
import java.util.stream.Stream;

/** The ids of the objects of a view, by the page. */
final class ObjectPages {
  private static final int PAGE_SIZE = 5_000;

  private final StoreCalls calls;
  private final StoreReader reader;

  ObjectPages(StoreCalls calls, StoreReader reader) {
    this.calls = calls;
    this.reader = reader;
  }

  Stream<Oid> stream(ViewStart view, Oid first) {
    return PagedIterator.stream(first, from -> page(view, from));
  }

  private PagedIterator.Page<Oid, Oid> page(ViewStart view, Oid from) {
    var answer = Futures.await(calls.objects(from, view.tid(), PAGE_SIZE));
    // Requests for pages name no history; so no page is of another one that was heard of by now.
    reader.requireSameHistory(view);
    return new PagedIterator.Page<>(
        ValueCodec.oids(answer.getOidsList()), answer.getMore() ? new Oid(answer.getNext()) : null);
  }
}
