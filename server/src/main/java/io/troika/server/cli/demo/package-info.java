/**
 * The main job in one command: real data into three nodes, the leader killed half way, everything
 * read back and compared. What it claims is computed from what was read back.
 */
@NullMarked
package io.troika.server.cli.demo;

import org.jspecify.annotations.NullMarked;
