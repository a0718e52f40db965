package io.troika.client.internal.transaction;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Elements that are asked for by the page, as the reader goes on.
 *
 * @param <T> the elements
 * @param <K> where a page begins
 */
final class PagedIterator<T, K> implements Iterator<T> {
  private final Function<K, Page<T, K>> fetch;
  private Iterator<T> page = List.<T>of().iterator();
  private @Nullable K next;

  /**
   * @param next where the next page begins; null: there is none
   */
  record Page<T, K>(List<T> elements, @Nullable K next) {}

  private PagedIterator(K first, Function<K, Page<T, K>> fetch) {
    this.next = first;
    this.fetch = fetch;
  }

  /** A stream that fetches, blocking, each page when its first element is asked for. */
  static <T, K> Stream<T> stream(K first, Function<K, Page<T, K>> fetch) {
    return StreamSupport.stream(
        Spliterators.spliteratorUnknownSize(
            new PagedIterator<>(first, fetch), Spliterator.ORDERED | Spliterator.NONNULL),
        false);
  }

  @Override
  public boolean hasNext() {
    K from = next;
    while (!page.hasNext() && from != null) {
      Page<T, K> fetched = fetch.apply(from);
      page = fetched.elements().iterator();
      from = fetched.next();
      next = from;
    }
    return page.hasNext();
  }

  @Override
  public T next() {
    if (!hasNext()) {
      throw new NoSuchElementException("no further element");
    }
    return page.next();
  }
}
