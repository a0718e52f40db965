/** What a node is told at its start: one immutable record tree, validated once, units in names. */
@NullMarked
package io.troika.server.config;

import org.jspecify.annotations.NullMarked;
