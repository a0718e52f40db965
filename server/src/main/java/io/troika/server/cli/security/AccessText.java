package io.troika.server.cli.security;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.troika.client.AccessGrant;
import io.troika.server.cli.output.TextTable;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Grants as text and as JSON. */
final class AccessText {
  private AccessText() {}

  static List<String> grants(List<AccessGrant> grants) {
    TextTable table = new TextTable("KIND", "NAME", "MAY", "STORAGES", "UNTIL");
    for (AccessGrant grant : grants) {
      table.row(
          kind(grant.kind()),
          grant.name(),
          grant.permissions().stream().map(AccessText::word).collect(Collectors.joining(",")),
          grant.storages().isEmpty() ? "all" : String.join(",", grant.storages()),
          grant.expires().map(Instant::toString).orElse("revoked"));
    }
    return table.lines();
  }

  static String kind(AccessGrant.Kind kind) {
    return word(kind);
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  static JsonElement grantsJson(List<AccessGrant> grants) {
    JsonArray array = new JsonArray();
    for (AccessGrant grant : grants) {
      JsonObject json = new JsonObject();
      json.addProperty("kind", kind(grant.kind()));
      json.addProperty("name", grant.name());
      JsonArray permissions = new JsonArray();
      grant.permissions().forEach(each -> permissions.add(word(each)));
      json.add("permissions", permissions);
      JsonArray storages = new JsonArray();
      grant.storages().forEach(storages::add);
      json.add("storages", storages);
      json.add(
          "expires",
          grant
              .expires()
              .<JsonElement>map(at -> new JsonPrimitive(at.toString()))
              .orElse(JsonNull.INSTANCE));
      array.add(json);
    }
    return array;
  }
}
