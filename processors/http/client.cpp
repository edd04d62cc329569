#include "processors/http/client.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "processors/http/closing_allowance.hpp"
#include "processors/http/statuses.hpp"

namespace kfs {
namespace {

/// More than is shown, so that a secret at its end can be removed too.
constexpr std::size_t longest_body = 1024 * 1024;
constexpr std::size_t longest_header = 256 * 1024;
constexpr std::chrono::milliseconds longest_connecting{5'000};
/// How long the addresses of a name are used, unless a request gets no answer.
constexpr long address_seconds = 30;

struct end_easy {
  void operator()(CURL* easy) const { ::curl_easy_cleanup(easy); }
};

struct end_multi {
  void operator()(CURLM* multi) const { ::curl_multi_cleanup(multi); }
};

/// One request at a time; memory is reused for the next one.
struct slot_state {
  closing_allowance* closing = nullptr;
  std::unique_ptr<CURL, end_easy> easy;
  const address_policy* allowed = nullptr;
  const http_url* to = nullptr;
  std::string url;  ///< that the handle is set to
  std::vector<curl_slist> lines;
  std::size_t body_bytes = 0;
  std::size_t header_bytes = 0;
  int status = 0;  ///< of the answer whose header is complete; 0 before
  bool busy = false;
  bool cut_off = false;
  bool leaves = false;  ///< the connection of the latest answer was closed because of it
  std::string refusal;
  std::array<char, CURL_ERROR_SIZE> problem{};
};

/// A body is counted and dropped: it may repeat the record, which no message may show.
std::size_t body_came(char*, std::size_t, std::size_t count, void* opaque) {
  auto& slot = *static_cast<slot_state*>(opaque);
  slot.body_bytes += count;
  if (slot.body_bytes <= longest_body) return count;
  slot.cut_off = true;
  return 0;
}

void header_is_complete(slot_state& slot) {
  long status = 0;
  ::curl_easy_getinfo(slot.easy.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status < 200 || slot.status != 0) return;  // an interim answer, or the end of a trailer
  slot.status = static_cast<int>(status);
  slot.leaves = is_fault_of_endpoint(slot.status) && slot.closing->take(closing_allowance::clock::now());
  if (slot.leaves) ::curl_easy_setopt(slot.easy.get(), CURLOPT_FORBID_REUSE, 1L);
}

/// Called for each line of a header, and for the empty line at its end.
std::size_t header_came(char* line, std::size_t, std::size_t count, void* opaque) {
  auto& slot = *static_cast<slot_state*>(opaque);
  slot.header_bytes += count;
  if (slot.header_bytes > longest_header) return 0;
  if (count <= 2 && (*line == '\r' || *line == '\n')) header_is_complete(slot);
  return count;
}

/// Only here is the address known that a name was resolved to.
curl_socket_t open_socket(void* opaque, curlsocktype, curl_sockaddr* address) {
  auto& slot = *static_cast<slot_state*>(opaque);
  if (const auto allowed = slot.allowed->check_address(&address->addr, slot.to->host); !allowed) {
    slot.refusal = allowed.error().message;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

curl_blob blob_of(std::string& text) {
  return {text.data(), text.size(), CURL_BLOB_NOCOPY};
}

}  // namespace

class http_client::transfers {
 public:
  explicit transfers(http_client_options options) : options_(std::move(options)), multi_(::curl_multi_init()) {
    if (!multi_) throw std::runtime_error("libcurl has no memory for its handles");
    const auto most = static_cast<long>(options_.max_in_flight);
    ::curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, most);
    ::curl_multi_setopt(multi_.get(), CURLMOPT_MAX_TOTAL_CONNECTIONS, most);
    ::curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
    slots_.resize(options_.max_in_flight);
    for (auto& slot : slots_) prepare(slot);
  }

  ~transfers() { abandon_all(); }
  transfers(const transfers&) = delete;
  transfers& operator=(const transfers&) = delete;

  void begin(std::size_t index, const http_request& request) {
    auto& slot = slots_[index];
    auto* easy = slot.easy.get();
    slot.refusal.clear();
    slot.problem.front() = '\0';
    slot.body_bytes = slot.header_bytes = 0;
    slot.cut_off = false;
    const bool unanswered = request.again && slot.status == 0;
    const bool on_new_connection = unanswered || (request.again && slot.leaves);
    slot.leaves = false;
    slot.status = 0;
    slot.to = request.to;
    if (slot.url != request.to->text) {
      slot.url = request.to->text;
      ::curl_easy_setopt(easy, CURLOPT_URL, slot.url.c_str());
    }
    ::curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 0L);
    ::curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, on_new_connection ? 1L : 0L);
    ::curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, unanswered ? 0L : address_seconds);
    ::curl_easy_setopt(easy, CURLOPT_HTTPHEADER, header_list(slot, request));
    ::curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    ::curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data() == nullptr ? "" : request.body.data());
    slot.busy = true;
    ::curl_multi_add_handle(multi_.get(), easy);
  }

  void wait(std::chrono::milliseconds most, std::vector<http_answer>& finished) {
    const auto before = finished.size();
    perform(finished);
    if (finished.size() != before) return;
    ::curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(most.count()), nullptr);
    perform(finished);
  }

  void wake() noexcept { ::curl_multi_wakeup(multi_.get()); }

  void abandon_all() {
    for (auto& slot : slots_) {
      if (slot.busy) ::curl_multi_remove_handle(multi_.get(), slot.easy.get());
      slot.busy = false;
    }
  }

 private:
  void prepare(slot_state& slot) {
    slot.easy.reset(::curl_easy_init());
    if (!slot.easy) throw std::runtime_error("libcurl has no memory for its handles");
    slot.allowed = &options_.allowed;
    slot.closing = &closing_;
    auto* easy = slot.easy.get();
    ::curl_easy_setopt(easy, CURLOPT_PRIVATE, &slot);
    ::curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, slot.problem.data());
    ::curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body_came);
    ::curl_easy_setopt(easy, CURLOPT_WRITEDATA, &slot);
    ::curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, header_came);
    ::curl_easy_setopt(easy, CURLOPT_HEADERDATA, &slot);
    ::curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    ::curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &slot);
    ::curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    ::curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    ::curl_easy_setopt(easy, CURLOPT_PROXY, "");
    ::curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    ::curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    ::curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // do not wait for a resolver thread that was given up
    ::curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    ::curl_easy_setopt(easy, CURLOPT_USERAGENT, "kafka-fetcher-server");
    ::curl_easy_setopt(easy, CURLOPT_POST, 1L);
    if (options_.method != "POST") ::curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, options_.method.c_str());
    ::curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
    ::curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                       static_cast<long>(std::min(options_.timeout, longest_connecting).count()));
    const auto lifetime = static_cast<long>(options_.connection_lifetime.count());
    ::curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, lifetime);
    ::curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, lifetime);
    ::curl_easy_setopt(easy, CURLOPT_DNS_SHUFFLE_ADDRESSES, 1L);
    use_certificates(easy);
  }

  void use_certificates(CURL* easy) {
    ::curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    ::curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    ::curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!options_.ca_pem.empty()) {
      auto authorities = blob_of(options_.ca_pem);
      ::curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &authorities);
    }
    if (options_.certificate_pem.empty()) return;
    auto certificate = blob_of(options_.certificate_pem);
    auto key = blob_of(options_.key_pem);
    ::curl_easy_setopt(easy, CURLOPT_SSLCERT_BLOB, &certificate);
    ::curl_easy_setopt(easy, CURLOPT_SSLKEY_BLOB, &key);
    ::curl_easy_setopt(easy, CURLOPT_KEYPASSWD, "");  // never ask for one on the terminal
  }

  /// The header lines as a list in memory of the slot; libcurl only reads it.
  static curl_slist* header_list(slot_state& slot, const http_request& request) {
    slot.lines.clear();
    for (const auto& some : {request.headers, request.fixed_headers, request.private_headers}) {
      for (const auto& line : some) slot.lines.push_back({const_cast<char*>(line.c_str()), nullptr});
    }
    for (std::size_t i = 1; i < slot.lines.size(); ++i) slot.lines[i - 1].next = &slot.lines[i];
    return slot.lines.empty() ? nullptr : slot.lines.data();
  }

  void perform(std::vector<http_answer>& finished) {
    int running = 0;
    ::curl_multi_perform(multi_.get(), &running);
    int left = 0;
    while (const auto* message = ::curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      auto* easy = message->easy_handle;
      const auto outcome = message->data.result;
      slot_state* slot = nullptr;
      ::curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot);
      finished.push_back(answer_of(*slot, outcome));
      ::curl_multi_remove_handle(multi_.get(), easy);
      slot->busy = false;
    }
  }

  http_answer answer_of(const slot_state& slot, CURLcode outcome) const {
    http_answer answer;
    answer.slot = static_cast<std::size_t>(&slot - slots_.data());
    auto* easy = slot.easy.get();
    if (outcome != CURLE_OK && !slot.cut_off && !is_final(slot)) {
      answer.refused = !slot.refusal.empty();
      answer.problem = answer.refused ? slot.refusal : problem_of(slot, outcome);
      return answer;
    }
    answer.status = slot.status;
    if (is_success(slot.status)) return answer;
    curl_off_t wait = 0;
    ::curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &wait);
    answer.retry_after = std::chrono::seconds(std::max<curl_off_t>(wait, 0));
    const char* location = nullptr;
    ::curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, &location);
    if (location != nullptr) answer.location = location;
    return answer;
  }

  /// Whether the answer counts although the transfer failed.
  static bool is_final(const slot_state& slot) {
    if (slot.status == 0 || slot.header_bytes > longest_header) return false;
    if (!is_success(slot.status) || slot.status == 204) return true;
    curl_off_t length = -1;
    ::curl_easy_getinfo(slot.easy.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    return length >= 0 && slot.body_bytes == static_cast<std::size_t>(length);
  }

  static std::string problem_of(const slot_state& slot, CURLcode outcome) {
    if (slot.header_bytes > longest_header)
      return fmt::format("its answer has a header of over {} bytes", longest_header);
    constexpr int too_large = 100;  // CURLE_TOO_LARGE, which libcurl 8.6 tells from the other one
    if (outcome == CURLE_OUT_OF_MEMORY || static_cast<int>(outcome) == too_large)
      return "libcurl has no room for its answer, of which a line of the header may have 100 KiB";
    const char* name = ::curl_easy_strerror(outcome);
    return slot.problem.front() == '\0' ? name : fmt::format("{} ({})", slot.problem.data(), name);
  }

  http_client_options options_;
  std::unique_ptr<CURLM, end_multi> multi_;
  closing_allowance closing_;
  std::vector<slot_state> slots_;  ///< never moves; the last member, so its handles end before multi_
};

http_client::http_client(http_client_options options) : transfers_(std::make_unique<transfers>(std::move(options))) {}

http_client::~http_client() = default;

void http_client::begin(std::size_t slot, const http_request& request) {
  transfers_->begin(slot, request);
}

void http_client::wait(std::chrono::milliseconds most, std::vector<http_answer>& finished) {
  transfers_->wait(most, finished);
}

void http_client::wake() noexcept {
  transfers_->wake();
}

void http_client::abandon_all() {
  transfers_->abandon_all();
}

}  // namespace kfs
