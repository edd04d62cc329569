#include "http/server/request_framing.hpp"

#include <http_parser.h>

#include <algorithm>
#include <string>

namespace kfs {
namespace {

constexpr std::string_view expect_field = "expect";
constexpr std::string_view continue_expectation = "100-continue";
constexpr std::size_t max_kept_bytes = 64;  ///< of a name or value; longer than any text that is compared

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_without_case(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return lower(a) == b; });
}

std::string_view without_padding(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Appends `bytes` to `text`, up to max_kept_bytes in total.
void append_bounded(std::string& text, std::string_view bytes) {
  text.append(bytes.substr(0, max_kept_bytes - std::min(max_kept_bytes, text.size())));
}

}  // namespace

struct request_framing::state {
  http_parser parser{};
  std::string name;
  std::string value;
  bool in_value = false;
  bool asks_to_continue = false;
  bool expected = false;  ///< the headers ask for 100 and have ended; no byte of the body has arrived
  bool ended = false;     ///< the current request is complete
  bool lost = false;      ///< the bytes cannot be followed any more
  bool saw_http_1_0 = false;

  state() { begin_request(); }
  state(const state&) = delete;
  state& operator=(const state&) = delete;

  void begin_request() {
    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = this;
    in_value = asks_to_continue = expected = ended = false;
    name.clear();
    value.clear();
  }

  void end_field() {
    if (same_without_case(name, expect_field) && same_without_case(without_padding(value), continue_expectation)) {
      asks_to_continue = true;
    }
    name.clear();
    value.clear();
    in_value = false;
  }

  static state& of(http_parser* parser) { return *static_cast<state*>(parser->data); }
  static http_parser_settings callbacks();
};

http_parser_settings request_framing::state::callbacks() {
  http_parser_settings out;
  http_parser_settings_init(&out);
  out.on_header_field = [](http_parser* parser, const char* at, std::size_t size) {
    auto& self = of(parser);
    if (self.in_value) self.end_field();
    append_bounded(self.name, {at, size});
    return 0;
  };
  out.on_header_value = [](http_parser* parser, const char* at, std::size_t size) {
    auto& self = of(parser);
    self.in_value = true;
    append_bounded(self.value, {at, size});
    return 0;
  };
  out.on_headers_complete = [](http_parser* parser) {
    auto& self = of(parser);
    self.end_field();
    const bool at_least_1_1 = parser->http_major > 1 || (parser->http_major == 1 && parser->http_minor >= 1);
    self.expected = self.asks_to_continue && at_least_1_1;
    self.saw_http_1_0 = self.saw_http_1_0 || !at_least_1_1;
    return 0;
  };
  out.on_chunk_header = [](http_parser* parser) {
    of(parser).expected = false;
    return 0;
  };
  out.on_body = [](http_parser* parser, const char*, std::size_t) {
    of(parser).expected = false;
    return 0;
  };
  out.on_message_complete = [](http_parser* parser) {
    of(parser).expected = false;
    of(parser).ended = true;
    http_parser_pause(parser, 1);
    return 0;
  };
  return out;
}

request_framing::request_framing() : state_(std::make_unique<state>()) {}
request_framing::~request_framing() = default;
request_framing::request_framing(request_framing&&) noexcept = default;
request_framing& request_framing::operator=(request_framing&&) noexcept = default;

bool request_framing::receive(std::string_view bytes) {
  static const auto callbacks = state::callbacks();
  bool any_ended = false;
  while (!bytes.empty() && !state_->lost) {
    const auto parsed = http_parser_execute(&state_->parser, &callbacks, bytes.data(), bytes.size());
    const auto problem = HTTP_PARSER_ERRNO(&state_->parser);
    any_ended = any_ended || state_->ended;
    state_->lost = (problem != HPE_OK && problem != HPE_PAUSED) || state_->parser.upgrade != 0;
    if (state_->lost) state_->expected = false;
    if (state_->ended && !state_->lost) state_->begin_request();
    bytes.remove_prefix(std::min(parsed, bytes.size()));
  }
  return any_ended;
}

bool request_framing::take_expectation() noexcept {
  return std::exchange(state_->expected, false);
}

bool request_framing::saw_http_1_0() const noexcept {
  return state_->saw_http_1_0;
}

}  // namespace kfs
