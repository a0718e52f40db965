package io.troika.client.internal.transaction;

import io.troika.client.Tid;

/**
 * What a view sees.
 *
 * @param tid everything up to and including it
 * @param history the number of the history that it belongs to
 */
record ViewStart(Tid tid, long history) {}
