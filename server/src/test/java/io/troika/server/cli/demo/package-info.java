@NullMarked
package io.troika.server.cli.demo;

import org.jspecify.annotations.NullMarked;
