/**
 * Transactions on the leader: locks, checks, votes, quotas, and what is given to the log; see
 * DESIGN.md.
 */
@NullMarked
package io.troika.server.service.commit;

import org.jspecify.annotations.NullMarked;
