package io.troika.server.cli.backups;

import io.troika.client.ObjectStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/** A store some of whose answers are others. */
interface ChangedStore {
  /** What the method answers instead of {@code answer}. */
  Object of(String method, Object answer);

  static ObjectStore of(ObjectStore store, ChangedStore change) {
    return (ObjectStore)
        Proxy.newProxyInstance(
            ChangedStore.class.getClassLoader(),
            new Class<?>[] {ObjectStore.class},
            (proxy, method, arguments) -> {
              try {
                return change.of(method.getName(), method.invoke(store, arguments));
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
