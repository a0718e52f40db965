/**
 * Reads and writes {@code Data.fs}, the file of ZODB's FileStorage. Pure file format: imports only
 * {@code core.model}. See {@code DESIGN.md} beside this file for what is recovered from a damaged
 * file and what is refused.
 */
@NullMarked
package io.troika.server.filestorage;

import org.jspecify.annotations.NullMarked;
