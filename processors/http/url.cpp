#include "processors/http/url.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "config/base/endpoint.hpp"
#include "config/base/text.hpp"

namespace kfs {
namespace {

struct end_url {
  void operator()(CURLU* url) const { ::curl_url_cleanup(url); }
};
using url_handle = std::unique_ptr<CURLU, end_url>;

/// A part of a URL; empty when the URL has none.
std::string part(CURLU* url, CURLUPart name, unsigned flags = 0) {
  char* text = nullptr;
  if (::curl_url_get(url, name, &text, flags) != CURLUE_OK) return {};
  std::string copy(text);
  ::curl_free(text);
  return copy;
}

bool is_visible_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

/// True when exactly two slashes follow the scheme, and then a host. libcurl takes one to three, so that the first name
/// of a path would become the host.
bool has_authority(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || text.substr(colon + 1, 2) != "//") return false;
  const auto rest = text.substr(colon + 3);
  return !rest.empty() && std::string_view("/\\?#:").find(rest.front()) == std::string_view::npos;
}

tl::unexpected<error> invalid(std::string why) {
  return failure(ec::invalid_request, std::move(why));
}

}  // namespace

result<http_url> parse_http_url(const std::string& text) {
  if (!is_visible_ascii(text))
    return invalid("write it in visible ASCII characters: encode others with %, and a host name as xn--…");
  const url_handle url{::curl_url()};
  if (::curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK)
    return invalid(
        "this is no absolute URL such as https://hooks.example:443/orders, with a host, and a port up to 65535");
  const auto scheme = part(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return invalid("the URL must begin with http:// or https://");
  if (!has_authority(text))
    return invalid("a host must follow http:// or https://, as in https://hooks.example/orders");
  if (!part(url.get(), CURLUPART_USER).empty() || !part(url.get(), CURLUPART_PASSWORD).empty())
    return invalid("put user and password into basic_user and basic_password, not into the URL");
  const auto host = lower_case(part(url.get(), CURLUPART_HOST));  // RFC 3986, 3.2.2
  if (host.empty()) return invalid("the URL names no host");
  if (!part(url.get(), CURLUPART_ZONEID).empty()) return invalid("the address must not name a zone");
  const bool bracketed = host.front() == '[';
  const auto name = bracketed ? host.substr(1, host.size() - 2) : host;
  if (!parse_ip(name) && !is_host_name(name))
    return invalid("the URL's host must be a host name, an IPv4 address, or an IPv6 address in brackets");
  const auto port = part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  if (port == "0") return invalid("the URL's port must be a number from 1 to 65535");
  ::curl_url_set(url.get(), CURLUPART_FRAGMENT, nullptr, 0);
  http_url read;
  read.text = part(url.get(), CURLUPART_URL);
  read.secure = scheme == "https";
  read.origin = scheme + "://" + host + ':' + port;
  read.shown = read.text.substr(0, read.text.find('?'));
  read.host = name;
  return read;
}

}  // namespace kfs
