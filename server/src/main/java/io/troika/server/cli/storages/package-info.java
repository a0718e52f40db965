/**
 * Storages and their transactions: {@code storage}, {@code log}, {@code history}, {@code undo},
 * {@code pack}, {@code verify}.
 */
@NullMarked
package io.troika.server.cli.storages;

import org.jspecify.annotations.NullMarked;
