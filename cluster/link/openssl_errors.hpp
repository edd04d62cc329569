#pragma once

namespace kfs {

/// Makes sure that the errors of one TLS connection do not end another one of the same thread.
///
/// OpenSSL keeps errors in a queue of the thread, which has to be empty before a connection is read or written:
/// otherwise a connection that only has to wait looks failed (SSL_get_error(3)). CAF 0.17 does not empty it, so every
/// refused handshake and every peer that is killed would cut all links. The functions that CAF calls are therefore
/// replaced, in this process, by ones that empty the queue and then call OpenSSL's (ld.so(8), symbol lookup: the
/// program comes first).
///
/// Calling it links them in; it does nothing else.
void keep_tls_errors_apart();

}  // namespace kfs
