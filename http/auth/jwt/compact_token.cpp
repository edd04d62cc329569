#include "http/auth/jwt/compact_token.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/base/text.hpp"
#include "http/auth/jwt/base64url.hpp"
#include "http/message/json_body.hpp"

namespace kfs {
namespace {

constexpr json_limits header_limits{.depth = 8, .members = 50, .values = 500};
constexpr std::size_t longest_key_id = 255;

tl::unexpected<std::string> wrong_token(std::string why) {
  return tl::make_unexpected(std::move(why));
}

/// The member of the header when it is a text; nullopt otherwise.
std::optional<std::string> text_in_header(const json& header, const char* name) {
  const auto found = header.find(name);
  if (found == header.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

/// True for a media type that a header may name: `application/` may be left out, and case does not count.
bool is_type_of_token(const std::string& type) {
  auto name = lower_case(type);
  constexpr std::string_view prefix = "application/";
  if (name.starts_with(prefix)) name.erase(0, prefix.size());
  return name == "jwt" || name == "at+jwt";
}

/// Why the header is rejected, but for `alg` and `kid`; empty when it is not.
std::string mistake_in_header(const json& header) {
  for (const auto* name : {"crit", "b64", "zip", "enc"}) {
    if (header.contains(name)) return fmt::format("its header has {}, which is not supported", name);
  }
  if (header.contains("typ")) {
    const auto type = text_in_header(header, "typ");
    if (!type || !is_type_of_token(*type)) return "its typ is neither JWT nor at+jwt";
  }
  if (header.contains("cty")) {
    const auto content = text_in_header(header, "cty");
    if (!content || is_type_of_token(*content)) return "its content is another token";
  }
  return {};
}

}  // namespace

tl::expected<compact_token, std::string> read_compact_token(std::string_view text,
                                                            const std::vector<jwt_algorithm>& allowed) {
  if (text.size() > longest_token) return wrong_token(fmt::format("it is longer than {} bytes", longest_token));
  const auto dots = std::count(text.begin(), text.end(), '.');
  if (dots == 4) return wrong_token("it is encrypted");
  if (dots != 2) return wrong_token("it does not have three parts");
  const auto first = text.find('.');
  const auto second = text.find('.', first + 1);
  const auto header_text = decode_base64url(text.substr(0, first));
  auto payload = decode_base64url(text.substr(first + 1, second - first - 1));
  const auto signature = decode_base64url(text.substr(second + 1));
  if (!header_text || !payload || !signature) return wrong_token("a part of it is not base64url");
  if (signature->empty()) return wrong_token("it is not signed");

  const auto header = parse_json(*header_text, header_limits);
  if (!header || !header->is_object()) return wrong_token("its header is no JSON object, or names a member twice");
  if (auto mistake = mistake_in_header(*header); !mistake.empty()) return wrong_token(std::move(mistake));
  const auto name = text_in_header(*header, "alg");
  const auto algorithm = std::ranges::find_if(allowed, [&](jwt_algorithm one) { return to_string(one) == name; });
  if (algorithm == allowed.end()) return wrong_token("its alg is not in JWT_ALGORITHMS");
  compact_token token{.text = text, .algorithm = *algorithm, .key_id = std::nullopt, .payload = std::move(*payload)};
  if (header->contains("kid")) {
    token.key_id = text_in_header(*header, "kid");
    if (!token.key_id || token.key_id->empty() || token.key_id->size() > longest_key_id)
      return wrong_token(fmt::format("its kid is not a text of 1 to {} bytes", longest_key_id));
  }
  return token;
}

}  // namespace kfs
