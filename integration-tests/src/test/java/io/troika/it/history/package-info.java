/**
 * Checks a recorded history of many clients against the log that the cluster ended with. Tid order
 * is the version order, so the check is exact, not a search.
 */
@NullMarked
package io.troika.it.history;

import org.jspecify.annotations.NullMarked;
