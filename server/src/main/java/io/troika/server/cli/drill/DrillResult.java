package io.troika.server.cli.drill;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.time.Duration;
import java.util.List;

/**
 * What a drill found.
 *
 * @param group the Raft group whose leader handed over
 * @param from who led before, {@code to} after it, in {@code term}
 * @param handOver how long the hand-over itself took
 * @param gap the longest time in which no client at all was answered
 * @param bound what is allowed for the gap of each client
 */
record DrillResult(
    String group,
    String from,
    String to,
    long term,
    Duration handOver,
    Duration gap,
    Duration bound,
    List<Client> clients) {
  DrillResult {
    clients = List.copyOf(clients);
  }

  /**
   * What one client saw.
   *
   * @param calls answered, all of the drill
   * @param failed calls that failed
   * @param failure why the first did; else empty
   * @param gap the longest time without an answer
   * @param usual the longest time without an answer before the hand-over
   */
  record Client(int calls, int failed, String failure, Duration gap, Duration usual) {}

  /** The longest time without an answer that any client saw. */
  Duration worst() {
    return clients.stream().map(Client::gap).max(Duration::compareTo).orElse(Duration.ZERO);
  }

  /** Calls that failed, all clients together. */
  int failed() {
    return clients.stream().mapToInt(Client::failed).sum();
  }

  /** Whether no call failed, and no client waited longer than allowed. */
  boolean isGood() {
    return failed() == 0 && worst().compareTo(bound) <= 0;
  }

  /** The last line for people. */
  String verdict() {
    String why =
        clients.stream()
            .map(Client::failure)
            .filter(failure -> !failure.isEmpty())
            .findFirst()
            .map(failure -> "; the first: " + failure)
            .orElse("");
    return "%s: %s calls failed%s; the longest gap was %s ms, %s ms are allowed."
        .formatted(
            isGood() ? "Good" : "Not good", failed(), why, worst().toMillis(), bound.toMillis());
  }

  /** For programs. */
  JsonObject json() {
    JsonObject json = new JsonObject();
    json.addProperty("good", isGood());
    json.addProperty("group", group);
    json.addProperty("from", from);
    json.addProperty("to", to);
    json.addProperty("term", term);
    json.addProperty("handOverMillis", handOver.toMillis());
    json.addProperty("gapMillis", gap.toMillis());
    json.addProperty("worstGapMillis", worst().toMillis());
    json.addProperty("boundMillis", bound.toMillis());
    json.addProperty("failedCalls", failed());
    JsonArray array = new JsonArray();
    for (Client client : clients) {
      JsonObject one = new JsonObject();
      one.addProperty("calls", client.calls());
      one.addProperty("failed", client.failed());
      one.addProperty("failure", client.failure().isEmpty() ? null : client.failure());
      one.addProperty("gapMillis", client.gap().toMillis());
      one.addProperty("usualMillis", client.usual().toMillis());
      array.add(one);
    }
    json.add("clients", array);
    return json;
  }
}
