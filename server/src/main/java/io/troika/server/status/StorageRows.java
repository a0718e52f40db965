package io.troika.server.status;

import com.google.gson.JsonObject;
import io.troika.server.core.model.StorageState;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * The storages in {@code /status.json}: all, or those that have changed since a version that the
 * asker has. With hundreds of storages of which few change this is what most of the document would
 * be each second. Immutable.
 */
final class StorageRows {
  private final String run;
  private final long version;
  private final Map<UUID, Row> rows;

  private record Row(StorageState state, String json, long changed) {}

  private StorageRows(String run, long version, Map<UUID, Row> rows) {
    this.run = run;
    this.version = version;
    this.rows = rows;
  }

  /**
   * None.
   *
   * @param run differs between lives of the node: the versions of another one mean nothing
   */
  static StorageRows none(String run) {
    return new StorageRows(run, 0, Map.of());
  }

  /**
   * The next version, with what is there now; the same if nothing has changed.
   *
   * @param storages by Raft group
   */
  StorageRows after(Map<String, List<StorageState>> storages) {
    long next = version + 1;
    boolean changed = false;
    Map<UUID, Row> now = new LinkedHashMap<>();
    for (var group : storages.entrySet()) {
      for (StorageState storage : group.getValue()) {
        Row before = rows.get(storage.uuid());
        boolean same = before != null && before.state.equals(storage);
        now.put(
            storage.uuid(), same ? before : new Row(storage, json(storage, group.getKey()), next));
        changed |= !same;
      }
    }
    changed |= now.size() != rows.size();
    return changed ? new StorageRows(run, next, now) : this;
  }

  private String version() {
    return run + "." + version;
  }

  /** Members of a JSON object; all storages unless {@code since} is a version of these. */
  String members(String since) {
    long known = known(since);
    return "\"storagesVersion\":\"%s\",\"storagesSince\":%s,\"storageCount\":%s,\"storages\":[%s]"
        .formatted(
            version(),
            known == 0 ? "null" : '"' + run + "." + known + '"',
            rows.size(),
            rows.values().stream()
                .filter(row -> row.changed > known)
                .map(Row::json)
                .collect(Collectors.joining(",")));
  }

  /** The number of that version; 0 if it is none. */
  private long known(String since) {
    if (!since.matches("\\Q" + run + "\\E\\.[0-9]{1,18}")) {
      return 0;
    }
    long number = Long.parseLong(since.substring(run.length() + 1));
    return number <= version ? number : 0;
  }

  private static String json(StorageState storage, String group) {
    JsonObject json = new JsonObject();
    json.addProperty("name", storage.name());
    json.addProperty("group", group);
    json.addProperty("uuid", storage.uuid().toString());
    json.addProperty("epoch", storage.epoch());
    json.addProperty("objects", storage.objectCount());
    json.addProperty("transactions", storage.transactionCount());
    json.addProperty("dataBytes", storage.dataBytes());
    json.addProperty("blobBytes", storage.blobBytes());
    json.addProperty("sizeBytes", storage.sizeBytes());
    json.addProperty("quotaBytes", storage.hasQuota() ? (Long) storage.quotaBytes() : null);
    json.addProperty("lastTid", storage.lastTid().toString());
    json.addProperty(
        "lastTransaction",
        storage.lastTid().isNone() ? null : storage.lastTid().toInstant().toString());
    return json.toString();
  }
}
