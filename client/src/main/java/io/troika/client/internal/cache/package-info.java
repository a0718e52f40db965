/**
 * Revisions by oid and tid interval, and the proof that they are what a view sees. See {@code
 * DESIGN.md} beside this file.
 */
@NullMarked
package io.troika.client.internal.cache;

import org.jspecify.annotations.NullMarked;
