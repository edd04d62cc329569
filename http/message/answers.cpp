#include "http/message/answers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace kfs {

std::string to_body(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string json_array(const std::vector<std::string_view>& elements) {
  std::size_t size = 1;
  for (const auto element : elements) size += element.size() + 1;
  std::string text = "[";
  text.reserve(size + 1);
  for (const auto element : elements) {
    if (text.size() > 1) text += ',';
    text += element;
  }
  return text += ']';
}

http_response ok(const json& body) {
  return ok_json(to_body(body));
}

http_response ok_json(std::string body) {
  return ok(std::move(body), "application/json");
}

http_response ok(std::string body, std::string content_type) {
  http_response response;
  response.headers.emplace_back("Content-Type", std::move(content_type));
  response.body = std::move(body);
  return response;
}

http_response created(std::string body, std::string location) {
  auto response = ok_json(std::move(body));
  response.status = 201;
  response.headers.emplace_back("Location", std::move(location));
  return response;
}

http_response accepted(std::string message) {
  auto response = ok(json{{"message", std::move(message)}});
  response.status = 202;
  return response;
}

http_response no_content() {
  http_response response;
  response.status = 204;
  return response;
}

http_response allowed_methods(const std::vector<std::string>& methods) {
  auto response = no_content();
  response.headers.emplace_back("Allow", fmt::format("{}", fmt::join(methods, ", ")));
  return response;
}

http_response with_etag(http_response response, revision current) {
  response.headers.emplace_back("ETag", fmt::format("\"{}\"", current.value));
  return response;
}

}  // namespace kfs
