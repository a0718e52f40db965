/** Read views, transactions with their read set and write buffer, commit, and the run loop. */
@NullMarked
package io.troika.client.internal.transaction;

import org.jspecify.annotations.NullMarked;
