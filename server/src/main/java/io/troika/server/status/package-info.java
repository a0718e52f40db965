/**
 * What operators look at: each node's report of itself, and the document behind the status page,
 * made of this node's own knowledge and the others' reports.
 */
@NullMarked
package io.troika.server.status;

import org.jspecify.annotations.NullMarked;
