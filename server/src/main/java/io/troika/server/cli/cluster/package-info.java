/**
 * Nodes, groups and leaders: {@code status}, {@code health}, {@code node}, {@code group}, {@code
 * leader}, {@code snapshot}.
 */
@NullMarked
package io.troika.server.cli.cluster;

import org.jspecify.annotations.NullMarked;
