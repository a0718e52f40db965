@NullMarked
package io.troika.server.cli.doctor;

import org.jspecify.annotations.NullMarked;
