/**
 * What lies in a node's data directory beside the state: its identity, the vote, the stored
 * configuration, and the check of the log's segments before Ratis opens them.
 */
@NullMarked
package io.troika.server.raft.files;

import org.jspecify.annotations.NullMarked;
