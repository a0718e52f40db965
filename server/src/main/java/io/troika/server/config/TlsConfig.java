package io.troika.server.config;

import java.nio.file.Path;

/**
 * The PEM files with which a node proves who it is and checks who others are, on all its ports.
 *
 * @param certificate this node's certificate, and those between it and the authority's
 * @param key its private key, PKCS#8, not encrypted
 * @param authority the certificates of whoever signs those of nodes and clients
 */
public record TlsConfig(Path certificate, Path key, Path authority) {}
