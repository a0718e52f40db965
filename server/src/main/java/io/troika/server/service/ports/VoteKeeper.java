package io.troika.server.service.ports;

import java.util.List;

/**
 * Takes votes from one leader to the next when leadership is handed over. The log tells it when.
 * Safe for any thread; nothing here blocks.
 */
public interface VoteKeeper {
  /** There are no votes. */
  VoteKeeper NONE =
      new VoteKeeper() {
        @Override
        public List<VotedTransaction> suspend() {
          return List.of();
        }

        @Override
        public void resume() {}

        @Override
        public void keep(long term, List<VotedTransaction> voted) {}
      };

  /**
   * This node is about to hand leadership over: from now on no vote is answered, until {@link
   * #resume} or the end of the term.
   *
   * @return what was voted by then and has no outcome
   */
  List<VotedTransaction> suspend();

  /** The hand-over is over; if this node still leads in that term, it answers votes again. */
  void resume();

  /**
   * The leader of {@code term} is about to hand over to this node: in its next term it is to keep
   * the locks of these.
   */
  void keep(long term, List<VotedTransaction> voted);
}
