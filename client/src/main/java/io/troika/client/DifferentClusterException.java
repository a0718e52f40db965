package io.troika.client;

/**
 * An address that was configured leads to a node of another cluster than the one that this client
 * began with: a list mixes two clusters, or this one was made anew. The message names the addresses
 * and the ids of both; {@code troika status -o json} tells the id of a cluster. Nothing is sent any
 * more; what was sent before may have been done (a commit then ends with {@link
 * CommitOutcomeUnknownException}). So it is with every call until that address leads to this
 * cluster again; for another cluster, make another client. An address that once led to this cluster
 * is only left alone while another one does.
 */
public final class DifferentClusterException extends InvalidRequestException {
  public DifferentClusterException(String message) {
    super(message);
  }
}
