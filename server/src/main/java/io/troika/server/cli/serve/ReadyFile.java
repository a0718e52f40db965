package io.troika.server.cli.serve;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.troika.server.cli.options.OutputOption;
import io.troika.server.config.NodeConfig;
import io.troika.server.node.ClusterLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.function.ToLongFunction;

/** Tells a script that waits for it where the nodes are: a file that is there at once, or not. */
final class ReadyFile {
  private ReadyFile() {}

  /** Writes the file; whoever sees it sees all of it. */
  static void write(Path file, ClusterLayout layout, ToLongFunction<String> pids)
      throws IOException {
    Path absolute = file.toAbsolutePath();
    Path temporary = absolute.resolveSibling(absolute.getFileName() + ".tmp");
    Files.writeString(temporary, OutputOption.toJson(json(layout, pids)) + "\n", UTF_8);
    Files.move(
        temporary, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  static JsonObject json(ClusterLayout layout, ToLongFunction<String> pids) {
    JsonArray nodes = new JsonArray();
    for (NodeConfig node : layout.nodes()) {
      JsonObject entry = new JsonObject();
      entry.addProperty("id", node.nodeId());
      entry.addProperty("pid", pids.applyAsLong(node.nodeId()));
      entry.addProperty("grpc", node.self().client().toString());
      if (node.zeo().listen() != null) {
        entry.addProperty("zeo", node.zeo().listen().toString());
      }
      if (node.httpListen() != null) {
        entry.addProperty("http", node.httpListen().toString());
      }
      nodes.add(entry);
    }
    JsonObject json = new JsonObject();
    json.add("nodes", nodes);
    return json;
  }
}
