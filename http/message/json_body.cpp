#include "http/message/json_body.hpp"

#include <fmt/format.h>

#include <string>

#include "config/base/text.hpp"
#include "http/message/error_mapping.hpp"
#include "http/message/uri.hpp"

namespace kfs {
namespace {

constexpr std::size_t max_body_bytes = 1024 * 1024;
constexpr std::size_t max_key_bytes = 100;
/// The id of nlohmann's exception for a number that no double can hold, such as 1e400 or an integer of 400 digits.
constexpr int number_out_of_range = 406;

/// Builds a value from nlohmann's parser events and stops at the first mistake. The parser does not recurse, so a
/// deeply nested text cannot exhaust the stack.
class json_builder final : public nlohmann::json_sax<json> {
 public:
  explicit json_builder(const json_limits& limits) : limits_(limits) {}

  bool null() override { return add(nullptr) != nullptr; }
  bool boolean(bool value) override { return add(value) != nullptr; }
  bool number_integer(number_integer_t value) override { return add(value) != nullptr; }
  bool number_unsigned(number_unsigned_t value) override { return add(value) != nullptr; }
  bool number_float(number_float_t value, const string_t&) override { return add(value) != nullptr; }
  bool string(string_t& value) override { return add(std::move(value)) != nullptr; }
  bool binary(binary_t&) override { return false; }  // JSON text has no binary values
  bool start_object(std::size_t) override { return open(json::object()); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    const json& object = *open_.back().container;
    open_.back().key = name;
    if (object.contains(name)) return reject("value_error", "Value error, the key is given twice; name it once");
    if (object.size() >= limits_.members) {
      return reject("too_long", fmt::format("An object should have at most {} members", limits_.members));
    }
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& what) override {
    if (what.id == number_out_of_range) {
      return reject("value_error", "Value error, the number is too large; write one of at most 1.7e308");
    }
    const std::size_t offset = position > 0 ? position - 1 : 0;
    mistake_ = violation{"json_invalid", json::array({"body", offset}), "JSON decode error", json::object()};
    return false;
  }

  [[nodiscard]] json& value() { return root_; }
  [[nodiscard]] violation& mistake() { return mistake_; }

 private:
  struct frame {
    json* container;  ///< stable: its parent grows only after it is closed
    std::string key;  ///< the member being read; unused for an array
  };

  template <class Value>
  json* add(Value&& value) {
    if (++values_ > limits_.values) {
      reject("too_long", fmt::format("The body should hold at most {} values", limits_.values));
      return nullptr;
    }
    if (open_.empty()) return &(root_ = std::forward<Value>(value));
    json& container = *open_.back().container;
    if (container.is_object()) return &(container[open_.back().key] = std::forward<Value>(value));
    container.push_back(std::forward<Value>(value));
    return &container.back();
  }

  bool open(json container) {
    if (open_.size() >= limits_.depth) {
      return reject("value_error", fmt::format("Value error, nested deeper than {} levels", limits_.depth));
    }
    json* placed = add(std::move(container));
    if (placed == nullptr) return false;
    open_.push_back({placed, {}});
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  bool reject(std::string type, std::string message) {
    mistake_ = violation{std::move(type), loc(), std::move(message), nullptr};
    return false;
  }

  /// The path to the value that is being read.
  [[nodiscard]] json loc() const {
    json steps = json::array({"body"});
    for (const auto& level : open_) {
      const bool innermost = &level == &open_.back();  // an outer container already holds the one inside it
      const auto index = level.container->size() - (innermost ? 0 : 1);
      steps.push_back(level.container->is_object() ? json(shortened(level.key, max_key_bytes)) : json(index));
    }
    return steps;
  }

  json_limits limits_;
  json root_;
  std::vector<frame> open_;
  std::size_t values_ = 0;
  violation mistake_;
};

/// True for application/json and application/anything+json without a charset or with UTF-8.
bool is_json_media_type(std::string_view declared) {
  const auto semicolon = declared.find(';');
  const auto type = lower_case(trimmed(declared.substr(0, semicolon)));
  const bool json_type = type == "application/json" || (type.starts_with("application/") && type.ends_with("+json"));
  if (!json_type || semicolon == std::string_view::npos) return json_type;
  const auto parameters = lower_case(declared.substr(semicolon));
  const auto charset = parameters.find("charset");
  return charset == std::string::npos || parameters.find("utf-8", charset) != std::string::npos;
}

bool is_encoded(const std::optional<std::string>& content_encoding) {
  return content_encoding && !content_encoding->empty() && lower_case(trimmed(*content_encoding)) != "identity";
}

}  // namespace

tl::expected<json, violation> parse_json(std::string_view text, const json_limits& limits) {
  json_builder builder(limits);
  if (!json::sax_parse(text.begin(), text.end(), &builder)) return tl::make_unexpected(std::move(builder.mistake()));
  return std::move(builder.value());
}

tl::expected<json, http_response> read_json_body(const http_request& request) {
  if (request.body.size() > max_body_bytes) return tl::make_unexpected(body_too_large());
  if (request.body.empty()) {
    const violation missing{"missing", json::array({"body"}), "Field required", nullptr};
    return tl::make_unexpected(to_response(std::vector<violation>{missing}));
  }
  if (request.content_type && !is_json_media_type(*request.content_type)) {
    return tl::make_unexpected(
        unsupported_media_type("The body is not declared as JSON; send Content-Type: application/json, in UTF-8."));
  }
  if (is_encoded(request.content_encoding)) {
    return tl::make_unexpected(unsupported_media_type("The body is compressed; send it without Content-Encoding."));
  }
  auto parsed = parse_json(request.body);
  if (!parsed) return tl::make_unexpected(to_response(std::vector<violation>{std::move(parsed.error())}));
  return std::move(*parsed);
}

}  // namespace kfs
