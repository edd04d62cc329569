#pragma once

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace kfs {

/// Whether a status is a success.
constexpr bool is_success(int status) {
  return status >= 200 && status < 300;
}

/// Whether a status tells of the endpoint, whatever the record: it denies access, does not know the path or the method,
/// wants another server, proxy or protocol to be used, is overloaded, or broken.
constexpr bool is_fault_of_endpoint(int status) {
  constexpr std::array client_errors{401, 402, 403, 404, 405, 407, 408, 421, 425, 426, 429};
  return status >= 500 || std::ranges::find(client_errors, status) != client_errors.end();
}

/// The name of a status in RFC 9110, RFC 6585 and RFC 4918; empty for a status that has none there.
constexpr std::string_view name_of_status(int status) {
  constexpr std::array names{std::pair{400, std::string_view("Bad Request")},
                             std::pair{401, std::string_view("Unauthorized")},
                             std::pair{402, std::string_view("Payment Required")},
                             std::pair{403, std::string_view("Forbidden")},
                             std::pair{404, std::string_view("Not Found")},
                             std::pair{405, std::string_view("Method Not Allowed")},
                             std::pair{406, std::string_view("Not Acceptable")},
                             std::pair{407, std::string_view("Proxy Authentication Required")},
                             std::pair{408, std::string_view("Request Timeout")},
                             std::pair{409, std::string_view("Conflict")},
                             std::pair{410, std::string_view("Gone")},
                             std::pair{411, std::string_view("Length Required")},
                             std::pair{412, std::string_view("Precondition Failed")},
                             std::pair{413, std::string_view("Content Too Large")},
                             std::pair{414, std::string_view("URI Too Long")},
                             std::pair{415, std::string_view("Unsupported Media Type")},
                             std::pair{417, std::string_view("Expectation Failed")},
                             std::pair{421, std::string_view("Misdirected Request")},
                             std::pair{422, std::string_view("Unprocessable Content")},
                             std::pair{423, std::string_view("Locked")},
                             std::pair{424, std::string_view("Failed Dependency")},
                             std::pair{425, std::string_view("Too Early")},
                             std::pair{426, std::string_view("Upgrade Required")},
                             std::pair{428, std::string_view("Precondition Required")},
                             std::pair{429, std::string_view("Too Many Requests")},
                             std::pair{431, std::string_view("Request Header Fields Too Large")},
                             std::pair{500, std::string_view("Internal Server Error")},
                             std::pair{501, std::string_view("Not Implemented")},
                             std::pair{502, std::string_view("Bad Gateway")},
                             std::pair{503, std::string_view("Service Unavailable")},
                             std::pair{504, std::string_view("Gateway Timeout")},
                             std::pair{505, std::string_view("HTTP Version Not Supported")},
                             std::pair{507, std::string_view("Insufficient Storage")}};
  const auto* const found = std::ranges::find(names, status, [](const auto& entry) { return entry.first; });
  return found == names.end() ? std::string_view() : found->second;
}

}  // namespace kfs
