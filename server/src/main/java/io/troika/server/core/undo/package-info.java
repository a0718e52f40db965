/** Plans the revisions that undo a transaction, or says which objects keep it from being undone. */
@NullMarked
package io.troika.server.core.undo;

import org.jspecify.annotations.NullMarked;
