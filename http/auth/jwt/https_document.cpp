#include "http/auth/jwt/https_document.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <memory>

#include "config/base/address_policy.hpp"
#include "config/base/text.hpp"

namespace kfs {
namespace {

constexpr int pause_ms = 100;  ///< between two calls of goes_on
constexpr std::size_t longest_shown = 200;

struct end_easy_handle {
  void operator()(CURL* easy) const { ::curl_easy_cleanup(easy); }
};
struct end_multi_handle {
  void operator()(CURLM* multi) const { ::curl_multi_cleanup(multi); }
};

/// One transfer.
struct transfer_state {
  std::string host;  ///< and port, for messages
  std::size_t most_bytes = 0;
  std::string body;
  bool too_long = false;
  std::string rejection;  ///< of the address
  std::array<char, CURL_ERROR_SIZE> problem{};
};

std::size_t add_to_body(char* bytes, std::size_t, std::size_t count, void* opaque) {
  auto& state = *static_cast<transfer_state*>(opaque);
  state.too_long = count > state.most_bytes - state.body.size();
  if (state.too_long) return 0;
  state.body.append(bytes, count);
  return count;
}

/// Only here is the address known that the name was resolved to.
curl_socket_t open_checked_socket(void* opaque, curlsocktype, curl_sockaddr* address) {
  auto& state = *static_cast<transfer_state*>(opaque);
  if (const auto allowed = address_policy{}.check_address(&address->addr, state.host); !allowed) {
    state.rejection = allowed.error().message;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void set_up(CURL* easy, const https_document& document, transfer_state& state) {
  ::curl_easy_setopt(easy, CURLOPT_URL, document.url.c_str());
  ::curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
  ::curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  ::curl_easy_setopt(easy, CURLOPT_PROXY, "");
  ::curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  ::curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  ::curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // do not wait for a resolver thread that was given up
  ::curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  ::curl_easy_setopt(easy, CURLOPT_USERAGENT, "kafka-fetcher-server");
  ::curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(document.timeout.count()));
  ::curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, state.problem.data());
  ::curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, add_to_body);
  ::curl_easy_setopt(easy, CURLOPT_WRITEDATA, &state);
  ::curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_checked_socket);
  ::curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &state);
  ::curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  ::curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  ::curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!document.ca.empty()) ::curl_easy_setopt(easy, CURLOPT_CAINFO, document.ca.c_str());
}

/// Where a redirect leads, for a message: without the query, which may hold a secret.
std::string shown_target(CURL* easy) {
  const char* target = nullptr;
  ::curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, &target);
  if (target == nullptr) return "an unreadable address";
  const std::string_view text(target);
  return shortened(text.substr(0, text.find('?')), longest_shown);
}

/// What came of the transfer.
tl::expected<std::string, std::string> outcome_of(CURL* easy, CURLcode code, transfer_state& state,
                                                  const https_document& document) {
  if (state.too_long)
    return tl::make_unexpected(fmt::format("its answer is longer than {} bytes", document.most_bytes));
  if (!state.rejection.empty()) return tl::make_unexpected(state.rejection);
  if (code != CURLE_OK) {
    const char* name = ::curl_easy_strerror(code);
    return tl::make_unexpected(state.problem.front() == '\0' ? name
                                                             : fmt::format("{} ({})", state.problem.data(), name));
  }
  long status = 0;
  ::curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  if (status >= 300 && status < 400) {
    return tl::make_unexpected(fmt::format(
        "it answered {} with a redirect to {}, and redirects are never followed: set the URL of the keys themselves",
        status, shown_target(easy)));
  }
  if (status != 200) return tl::make_unexpected(fmt::format("it answered {}", status));
  return std::move(state.body);
}

}  // namespace

tl::expected<std::string, std::string> read_https(const https_document& document,
                                                  const std::function<bool()>& goes_on) {
  transfer_state state;
  state.most_bytes = document.most_bytes;
  const auto host = document.url.find("//") + 2;
  state.host = document.url.substr(host, document.url.find_first_of("/?", host) - host);
  const std::unique_ptr<CURLM, end_multi_handle> multi(::curl_multi_init());
  const std::unique_ptr<CURL, end_easy_handle> easy(::curl_easy_init());
  if (!multi || !easy) return tl::make_unexpected("libcurl has no memory for its handles");
  set_up(easy.get(), document, state);
  ::curl_multi_add_handle(multi.get(), easy.get());
  tl::expected<std::string, std::string> outcome = tl::make_unexpected("it was given up");
  for (int running = 1; running != 0 && goes_on();) {
    ::curl_multi_perform(multi.get(), &running);
    if (running != 0) ::curl_multi_poll(multi.get(), nullptr, 0, pause_ms, nullptr);
  }
  int left = 0;
  if (const auto* message = ::curl_multi_info_read(multi.get(), &left); message != nullptr)
    outcome = outcome_of(easy.get(), message->data.result, state, document);
  ::curl_multi_remove_handle(multi.get(), easy.get());
  return outcome;
}

}  // namespace kfs
