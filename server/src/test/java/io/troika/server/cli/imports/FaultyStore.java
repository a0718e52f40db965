package io.troika.server.cli.imports;

import io.troika.client.ObjectStore;
import io.troika.client.UnavailableException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.concurrent.CompletableFuture;

/** A storage whose connection breaks at one of the batches that are sent to it. */
final class FaultyStore {
  /** Where it breaks. */
  enum At {
    SENDING,
    /** The batch is in the storage, but nobody hears of it. */
    ANSWERING
  }

  private final ObjectStore store;
  private final At at;
  private int batchesLeft;

  private FaultyStore(ObjectStore store, At at, int batchesBefore) {
    this.store = store;
    this.at = at;
    this.batchesLeft = batchesBefore;
  }

  /** Passes on everything, and {@code batchesBefore} batches, until it breaks. */
  static ObjectStore breaking(ObjectStore store, At at, int batchesBefore) {
    FaultyStore faulty = new FaultyStore(store, at, batchesBefore);
    return (ObjectStore)
        Proxy.newProxyInstance(
            FaultyStore.class.getClassLoader(),
            new Class<?>[] {ObjectStore.class},
            (proxy, method, arguments) -> faulty.call(method, arguments));
  }

  @SuppressWarnings("FutureReturnValueIgnored") // it goes to the caller, as a proxy's Object
  private Object call(Method method, Object[] arguments) throws Throwable {
    if (!method.getName().equals("restoreAsync") || batchesLeft-- > 0) {
      return invoke(method, arguments);
    }
    if (at == At.ANSWERING) {
      ((CompletableFuture<?>) invoke(method, arguments)).join();
    }
    return CompletableFuture.failedFuture(new UnavailableException("the connection broke", null));
  }

  private Object invoke(Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(store, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
