#include "cluster/link/openssl_errors.hpp"

#include <dlfcn.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace {

/// OpenSSL's own function of that name and type.
template <class Function>
Function* of_openssl(const char* name, Function* /*ours*/) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int SSL_accept(SSL* connection) {
  static const auto accept = of_openssl("SSL_accept", &SSL_accept);
  ERR_clear_error();
  return accept(connection);
}

int SSL_connect(SSL* connection) {
  static const auto connect = of_openssl("SSL_connect", &SSL_connect);
  ERR_clear_error();
  return connect(connection);
}

int SSL_read(SSL* connection, void* into, int size) {
  static const auto read = of_openssl("SSL_read", &SSL_read);
  ERR_clear_error();
  return read(connection, into, size);
}

int SSL_write(SSL* connection, const void* from, int size) {
  static const auto write = of_openssl("SSL_write", &SSL_write);
  ERR_clear_error();
  return write(connection, from, size);
}

}  // extern "C"

namespace kfs {

void keep_tls_errors_apart() {}

}  // namespace kfs
