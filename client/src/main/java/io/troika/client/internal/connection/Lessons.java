package io.troika.client.internal.connection;

/** What a try that has failed says of its node and of who leads, for all calls to come. */
final class Lessons {
  private Lessons() {}

  /**
   * Tells those who keep it; see the table in {@code DESIGN.md}.
   *
   * @param node to which it was sent
   * @param direct whether that was to do it itself, not to pass it on to the leader
   */
  static void learn(
      CallContext context,
      CallPlan plan,
      Rpc.Route route,
      Node node,
      boolean direct,
      Verdict.Again verdict) {
    GroupLeaders leaders = context.leaders();
    if (!direct && isNotPassedOn(verdict.reason())) {
      leaders.of(plan).notPassedOn(node.address());
    }
    switch (verdict.reason()) {
      case NOT_LEADER -> leaders.refused(plan, node.address(), verdict.leader());
      case GONE -> {
        node.markFailed();
        context.members().doubt();
        leaders.lost(node.address());
        leaders.hinted(node.address(), verdict.leader());
      }
      case SILENT -> {
        node.markFailed();
        context.members().doubt();
        if (route != Rpc.Route.ANY_HEDGED) {
          node.reconnect();
        }
        leaders.of(plan).suspect(node.address(), System.nanoTime());
      }
      case LAGGING, BUSY, UNSURE -> {
        leaders.learn(plan.storage(), verdict.leader());
        leaders.hinted(node.address(), verdict.leader());
      }
    }
  }

  private static boolean isNotPassedOn(Verdict.Reason reason) {
    return switch (reason) {
      case NOT_LEADER, GONE, SILENT, UNSURE -> true;
      case LAGGING, BUSY -> false;
    };
  }
}
