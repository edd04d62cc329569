#include "tests/support/http_client.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace kfs::test {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return std::string{text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1)};
}

std::size_t take_body(const char* bytes, std::size_t /*one*/, std::size_t count, void* response) {
  static_cast<http_response*>(response)->body.append(bytes, count);
  return count;
}

std::size_t take_header(const char* bytes, std::size_t /*one*/, std::size_t count, void* response) {
  const std::string_view line{bytes, count};
  auto& headers = static_cast<http_response*>(response)->headers;
  if (line.starts_with("HTTP/")) headers.clear();  // an interim answer (100 Continue) came before
  if (const auto colon = line.find(':'); colon != std::string_view::npos) {
    headers.emplace(lower(std::string{line.substr(0, colon)}), trimmed(line.substr(colon + 1)));
  }
  return count;
}

bool names_content_type(const std::string& header) {
  return lower(header).starts_with("content-type:");
}

}  // namespace

std::string http_response::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string{} : found->second;
}

json http_response::parsed() const {
  return json::parse(body);
}

struct http_client::connection {
  std::unique_ptr<CURL, void (*)(CURL*)> handle{curl_easy_init(), curl_easy_cleanup};
};

http_client::http_client(std::string base_url, std::chrono::milliseconds patience)
    : base_url_(std::move(base_url)), patience_(patience), connection_(std::make_unique<connection>()) {}

http_client::~http_client() = default;
http_client::http_client(http_client&&) noexcept = default;
http_client& http_client::operator=(http_client&&) noexcept = default;

http_response http_client::send(const http_request& request) {
  CURL* curl = connection_->handle.get();
  curl_easy_reset(curl);  // keeps the connection
  curl_slist* list = nullptr;
  const bool typed = std::any_of(request.headers.begin(), request.headers.end(), names_content_type);
  if (request.body && !typed) list = curl_slist_append(list, "Content-Type: application/json");
  for (const auto& header : request.headers) list = curl_slist_append(list, header.c_str());
  const std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers{list, curl_slist_free_all};

  http_response response;
  std::array<char, CURL_ERROR_SIZE> why{};
  curl_easy_setopt(curl, CURLOPT_URL, (base_url_ + request.path).c_str());
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(patience_.count()));
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why.data());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &response);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &response);
  if (request.body) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body->size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body->data());
  } else if (request.method == "POST" || request.method == "PUT") {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, 0L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "");
  }
  if (request.method == "HEAD") curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());

  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) {
    throw no_answer(request.method + ' ' + base_url_ + request.path + ": " +
                    (why[0] != '\0' ? why.data() : curl_easy_strerror(code)));
  }
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &response.status);
  return response;
}

http_response http_client::get(const std::string& path, std::vector<std::string> headers) {
  return send({.method = "GET", .path = path, .body = {}, .headers = std::move(headers)});
}

http_response http_client::post(const std::string& path, const json& body, std::vector<std::string> headers) {
  return send({.method = "POST", .path = path, .body = body.dump(), .headers = std::move(headers)});
}

http_response http_client::post(const std::string& path) {
  return send({.method = "POST", .path = path, .body = {}, .headers = {"Content-Type:"}});
}

http_response http_client::put(const std::string& path, const json& body, std::vector<std::string> headers) {
  return send({.method = "PUT", .path = path, .body = body.dump(), .headers = std::move(headers)});
}

http_response http_client::del(const std::string& path, std::vector<std::string> headers) {
  return send({.method = "DELETE", .path = path, .body = {}, .headers = std::move(headers)});
}

std::string url_encoded(std::string_view text) {
  constexpr std::string_view unreserved = "-._~";
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char each : text) {
    const auto byte = static_cast<unsigned char>(each);
    const bool plain = byte < 0x80 && (std::isalnum(byte) != 0 || unreserved.find(each) != std::string_view::npos);
    if (plain) {
      out += each;
    } else {
      out += '%';
      out += digits[byte >> 4U];
      out += digits[byte & 0x0FU];
    }
  }
  return out;
}

}  // namespace kfs::test
