/** Tests of the parts of a transaction. */
@NullMarked
package io.troika.client.internal.transaction;

import org.jspecify.annotations.NullMarked;
