#include "cluster/link/credentials.hpp"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <fstream>
#include <memory>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

namespace kfs {
namespace {

template <auto release>
struct released_by {
  template <class T>
  void operator()(T* owned) const {
    release(owned);
  }
};
using certificate = std::unique_ptr<X509, released_by<X509_free>>;
using private_key = std::unique_ptr<EVP_PKEY, released_by<EVP_PKEY_free>>;
using memory_bio = std::unique_ptr<BIO, released_by<BIO_free>>;

constexpr std::size_t largest_file = 1024 * 1024;

tl::unexpected<error> wrong(const std::string& setting, const std::filesystem::path& file, const std::string& what) {
  return failure(ec::invalid_request, setting + ": the file " + file.string() + " " + what);
}

result<std::string> content(const std::string& setting, const std::filesystem::path& file) {
  std::error_code unknown;
  const auto size = std::filesystem::file_size(file, unknown);
  if (unknown) return wrong(setting, file, "cannot be read: " + unknown.message());
  if (size > largest_file) return wrong(setting, file, "has more than 1 MiB: it is no certificate or key");
  std::ifstream from(file, std::ios::binary);
  std::ostringstream text;
  text << from.rdbuf();
  if (!from || text.str().empty()) return wrong(setting, file, "cannot be read, or is empty");
  return text.str();
}

memory_bio opened(const std::string& text) {
  return memory_bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::vector<certificate> certificates(const std::string& text) {
  const auto from = opened(text);
  std::vector<certificate> found;
  while (auto* next = PEM_read_bio_X509(from.get(), nullptr, nullptr, nullptr)) found.emplace_back(next);
  ERR_clear_error();  // that no further one follows
  return found;
}

/// A key with a passphrase is not asked for it.
private_key key_of(const std::string& text) {
  const auto no_passphrase = [](char*, int, int, void*) { return -1; };
  private_key key(PEM_read_bio_PrivateKey(opened(text).get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  return key;
}

/// Why the first certificate is not one of the authority for that purpose, now; empty when it is.
std::string why_not_trusted(const std::vector<certificate>& chain, const std::vector<certificate>& authority,
                            int purpose) {
  const std::unique_ptr<X509_STORE, released_by<X509_STORE_free>> store(X509_STORE_new());
  for (const auto& trusted : authority) X509_STORE_add_cert(store.get(), trusted.get());
  struct stack_owner {
    STACK_OF(X509) * members = sk_X509_new_null();
    stack_owner() = default;
    ~stack_owner() { sk_X509_free(members); }
    stack_owner(const stack_owner&) = delete;
    stack_owner& operator=(const stack_owner&) = delete;
  } between;
  for (std::size_t i = 1; i < chain.size(); ++i) sk_X509_push(between.members, chain[i].get());
  const std::unique_ptr<X509_STORE_CTX, released_by<X509_STORE_CTX_free>> check(X509_STORE_CTX_new());
  X509_STORE_CTX_init(check.get(), store.get(), chain.front().get(), between.members);
  X509_STORE_CTX_set_purpose(check.get(), purpose);
  const bool trusted = X509_verify_cert(check.get()) == 1;
  ERR_clear_error();
  return trusted ? "" : X509_verify_cert_error_string(X509_STORE_CTX_get_error(check.get()));
}

/// When the first of these certificates, of which there is at least one, expires.
timestamp first_expiry(const std::vector<certificate>& chain) {
  auto first = timestamp::max();
  for (const auto& each : chain) {
    std::tm expires{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(each.get()), &expires) == 1)
      first = std::min(first, timestamp(std::chrono::seconds(::timegm(&expires))));
  }
  return first;
}

result<link_credentials::files> read_and_checked(const link_settings& configured) {
  auto chain_text = content("CLUSTER_CERTIFICATE", configured.certificate);
  if (!chain_text) return tl::make_unexpected(chain_text.error());
  auto key_text = content("CLUSTER_KEY", configured.key);
  if (!key_text) return tl::make_unexpected(key_text.error());
  auto authority_text = content("CLUSTER_CA", configured.ca);
  if (!authority_text) return tl::make_unexpected(authority_text.error());

  const auto chain = certificates(*chain_text);
  if (chain.empty()) return wrong("CLUSTER_CERTIFICATE", configured.certificate, "holds no certificate (PEM)");
  const auto key = key_of(*key_text);
  if (!key) return wrong("CLUSTER_KEY", configured.key, "holds no private key without a passphrase (PEM)");
  const auto authority = certificates(*authority_text);
  if (authority.empty()) return wrong("CLUSTER_CA", configured.ca, "holds no certificate (PEM)");
  const bool belong_together = X509_check_private_key(chain.front().get(), key.get()) == 1;
  ERR_clear_error();
  if (!belong_together) {
    return wrong("CLUSTER_KEY", configured.key, "is not the key of the first certificate in CLUSTER_CERTIFICATE");
  }
  for (const auto& [purpose, name] :
       {std::pair{X509_PURPOSE_SSL_SERVER, "server"}, {X509_PURPOSE_SSL_CLIENT, "client"}}) {
    const auto why = why_not_trusted(chain, authority, purpose);
    if (!why.empty())
      return wrong(
          "CLUSTER_CERTIFICATE", configured.certificate,
          "is not accepted with CLUSTER_CA for a TLS " + std::string(name) + ", and a replica is both: " + why);
  }
  return link_credentials::files{*chain_text + "\n" + *key_text, std::move(*authority_text), first_expiry(chain),
                                 first_expiry(authority)};
}

/// A file in memory with that content.
result<file_descriptor> in_memory(const std::string& content) {
  file_descriptor made(::memfd_create("kafka-fetcher-link", MFD_CLOEXEC));
  std::size_t written = 0;
  while (made && written < content.size()) {
    const auto count = ::write(made.get(), content.data() + written, content.size() - written);
    if (count < 0 && errno != EINTR) break;
    if (count > 0) written += static_cast<std::size_t>(count);
  }
  if (!made || written < content.size()) {
    return failure(ec::internal, "certificates cannot be kept in memory: " + std::system_category().message(errno));
  }
  return made;
}

std::string path_of(const file_descriptor& file) {
  return "/proc/self/fd/" + std::to_string(file.get());
}

}  // namespace

result<link_credentials> link_credentials::load(const link_settings& configured) {
  link_credentials made(configured);
  auto present = read_and_checked(configured);
  if (!present) return tl::make_unexpected(present.error());
  made.found_ = std::move(*present);
  if (auto used = made.replace(); !used) return tl::make_unexpected(used.error());
  return made;
}

std::string link_credentials::identity() const {
  return path_of(identity_);
}

std::string link_credentials::authority() const {
  return path_of(authority_);
}

result<bool> link_credentials::look() {
  auto present = read_and_checked(configured_);
  if (!present) {
    if (std::exchange(told_, present.error().message) == present.error().message) return false;
    return tl::make_unexpected(present.error());
  }
  told_.clear();
  found_ = std::move(*present);
  return found_ != used_;
}

void link_credentials::when_used(std::function<void(const files&)> tell) {
  tell_ = std::move(tell);
  tell_(used_);
}

result<void> link_credentials::replace() {
  auto identity = in_memory(found_.identity);
  if (!identity) return tl::make_unexpected(identity.error());
  auto authority = in_memory(found_.authority);
  if (!authority) return tl::make_unexpected(authority.error());
  // The descriptors keep their numbers, which are in the paths.
  const auto put = [](file_descriptor& old, file_descriptor& next) {
    if (old) {
      ::dup3(next.get(), old.get(), O_CLOEXEC);
    } else {
      old = std::move(next);
    }
  };
  put(identity_, *identity);
  put(authority_, *authority);
  used_ = found_;
  if (tell_) tell_(used_);
  return {};
}

}  // namespace kfs
