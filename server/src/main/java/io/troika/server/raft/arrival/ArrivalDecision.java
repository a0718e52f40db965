package io.troika.server.raft.arrival;

import static java.util.stream.Collectors.joining;

import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.arrival.Arrival.Answer;
import io.troika.server.raft.arrival.Arrival.Finding;
import io.troika.server.raft.arrival.Arrival.Lost;
import io.troika.server.raft.peers.Membership;
import io.troika.server.raft.peers.PeerTransport.PeerState;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** What a node that arrives makes of the others' answers; pure functions. */
final class ArrivalDecision {
  /** So many leaders may have followed on one another without an entry of theirs in any log. */
  private static final int TRACELESS_ELECTIONS_MAX = 1_000;

  private ArrivalDecision() {}

  /** What the newest log of those that remember says; as votes are given. */
  static Membership newest(Collection<Answer> answers) {
    return answers.stream()
        .filter(answer -> answer.state().voter() && answer.state().lastEntry().index() >= 0)
        .max(
            Comparator.comparing(
                answer -> answer.state().lastEntry(), LogPosition.AS_VOTES_ARE_GIVEN))
        .map(Answer::membership)
        .orElse(Membership.NONE);
  }

  /**
   * What the answers mean when the newest log is without this node; a pure function. A majority of
   * those in it knows every configuration that was committed.
   *
   * @param members all of them
   */
  static Finding decideOutside(
      List<String> members, Map<String, PeerState> answers, boolean settled) {
    long remember = answers.values().stream().filter(PeerState::voter).count();
    int needed = members.size() / 2 + 1;
    if (remember < needed) {
      return new Finding.Open(
          "%s; %d that remember the group are needed"
              .formatted(describe(members, answers), needed));
    }
    return settled
        ? new Finding.Outside()
        : new Finding.Open("votes of an earlier life may still be on their way");
  }

  /**
   * What these answers mean; a pure function.
   *
   * @param own this node's last entry
   * @param answers of those who did answer, all asked after this node had started
   * @param settled whether elections of the time before this node started are over
   */
  static Finding decide(
      Lost lost,
      LogPosition own,
      List<String> others,
      Map<String, PeerState> answers,
      boolean settled) {
    long newestTerm = answers.values().stream().mapToLong(PeerState::term).max().orElse(0);
    boolean nobodyHasEntries =
        lost == Lost.DIRECTORY
            && own.index() < 0
            && answers.size() == others.size()
            && answers.values().stream().allMatch(state -> state.lastEntry().index() < 0);
    if (nobodyHasEntries && (settled || newestTerm == 0)) {
      return new Finding.Beginning();
    }
    long remember = answers.values().stream().filter(PeerState::voter).count();
    int needed = others.size() / 2 + 1;
    boolean allLogs =
        lost == Lost.VOTE
            && answers.size() == others.size()
            && answers.values().stream().allMatch(PeerState::hasLog);
    if (remember < needed && allLogs && settled) {
      return new Finding.Resumption(Math.max(own.term(), newestTerm) + TRACELESS_ELECTIONS_MAX);
    }
    if (remember < needed && !allLogs) {
      return new Finding.Open(
          "%s; %d that remember the group are needed, or all %s"
              .formatted(
                  describe(others, answers),
                  needed,
                  lost == Lost.VOTE ? "with their logs" : "without any entry"));
    }
    if (!settled) {
      return new Finding.Open("votes of an earlier life may still be on their way");
    }
    return answers.entrySet().stream()
        .filter(answer -> leads(answer.getKey(), answer.getValue(), newestTerm))
        .map(
            answer ->
                (Finding)
                    new Finding.Return(
                        answer.getKey(), answer.getValue().term(), answer.getValue().lastEntry()))
        .findFirst()
        .orElseGet(() -> new Finding.Open("no leader of term %d yet".formatted(newestTerm)));
  }

  /** Its log ends in its term: what it had of earlier leaders lies before that. */
  private static boolean leads(String peer, PeerState state, long newestTerm) {
    return state.leader().equals(peer)
        && state.term() == newestTerm
        && state.lastEntry().term() == newestTerm;
  }

  private static String describe(List<String> others, Map<String, PeerState> answers) {
    return others.stream()
        .map(
            other -> {
              PeerState state = answers.get(other);
              if (state == null) {
                return other + " does not answer";
              }
              if (state.voter()) {
                return other + " remembers the group";
              }
              return other + (state.hasLog() ? " has lost its vote" : " is empty");
            })
        .collect(joining(", "));
  }
}
