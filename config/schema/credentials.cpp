#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/percent.hpp"
#include "config/schema/option_schema.hpp"
#include "config/schema/secret_text.hpp"

namespace kfs {
namespace {

/// The place of one password in a text.
struct span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

constexpr auto npos = std::string_view::npos;
constexpr std::string_view whitespace = " \t\r\n\v\f";

bool is_space(char c) {
  return whitespace.find(c) != npos;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::size_t find_or_end(std::string_view text, std::string_view any_of, std::size_t from) {
  return std::min(text.find_first_of(any_of, from), text.size());
}

/// True when a URL of that word may have a path with '@' behind a port. A URL of PostgreSQL has none, and what looks
/// like a port in it may be the beginning of a password.
bool may_have_path_with_at(std::string_view word, std::size_t scheme) {
  const auto name = word.substr(0, scheme);
  return !name.ends_with("postgresql") && !name.ends_with("postgres");
}

/// Appends the passwords of the URLs in one word, which begins at `begin` and holds no white space.
///
/// A password that was not percent-encoded may hold '/', '?', '#' or '@'. To mask too much rather than too little,
/// anything after the first colon that is not a port number counts as password, up to the last '@' of the word.
void append_url_passwords(std::string_view text, std::size_t begin, std::size_t end, std::vector<span>& found) {
  const auto word = text.substr(0, end);
  const auto last_at = word.rfind('@');
  if (last_at == npos || last_at < begin) return;
  for (auto scheme = word.find("://", begin); scheme != npos && scheme < last_at;) {
    const auto authority = scheme + 3;
    const auto authority_end = find_or_end(word, "/?#", authority);
    const auto colon = word.substr(0, authority_end).find(':', authority);
    auto next = authority_end;
    const auto at = word.substr(0, authority_end).rfind('@');
    const bool has_user = at != npos && at >= authority;
    if (colon != npos && (has_user || word[authority] != '[')) {
      const auto rest = word.substr(colon + 1, authority_end - colon - 1);
      const bool is_port =
          !rest.empty() && std::all_of(rest.begin(), rest.end(), is_digit) && may_have_path_with_at(word, scheme);
      if (has_user && at > colon) {
        if (at > colon + 1) found.push_back({colon + 1, at});
      } else if (!has_user && !is_port) {
        found.push_back({colon + 1, last_at});
        next = last_at;
      }
    }
    scheme = word.find("://", next);
  }
}

std::vector<span> url_passwords(std::string_view text) {
  std::vector<span> found;
  for (std::size_t begin = text.find_first_not_of(whitespace); begin != npos;) {
    const auto end = find_or_end(text, whitespace, begin);
    append_url_passwords(text, begin, end, found);
    begin = text.find_first_not_of(whitespace, end);
  }
  return found;
}

/// The value that begins at `begin`: the text in quotes, or up to white space, in the query of a URL up to '&' or '#'.
span value_span(std::string_view text, std::size_t begin, bool in_query) {
  const bool quoted = !in_query && begin < text.size() && text[begin] == '\'';
  if (quoted) ++begin;
  auto end = begin;
  while (end < text.size()) {
    const char c = text[end];
    if (quoted ? c == '\'' : is_space(c) || (in_query && (c == '&' || c == '#'))) break;
    end += c == '\\' && !in_query && end + 1 < text.size() ? 2 : 1;
  }
  return {begin, end};
}

constexpr std::array<std::string_view, 2> password_names = {"password", "sslpassword"};
constexpr std::size_t longest_name = 3 * password_names.back().size();  // with each letter percent-encoded

bool names_password(std::string_view word) {
  return std::any_of(password_names.begin(), password_names.end(), [&](std::string_view name) {
    return std::equal(word.begin(), word.end(), name.begin(), name.end(), [](char a, char b) { return lower(a) == b; });
  });
}

bool may_be_in_name(char c) {
  return is_letter(c) || is_digit(c) || c == '%';
}

/// The values of `password = value` (libpq's keyword form) and of `?password=value&…` (its URL form).
std::vector<span> keyword_passwords(std::string_view text) {
  std::vector<span> found;
  for (auto equals = text.find('='); equals != npos;) {
    auto name_end = equals;
    while (name_end > 0 && is_space(text[name_end - 1])) --name_end;
    auto name_begin = name_end;
    while (name_begin > 0 && name_end - name_begin <= longest_name && may_be_in_name(text[name_begin - 1]))
      --name_begin;
    const char before = name_begin == 0 ? ' ' : text[name_begin - 1];
    const bool in_query = before == '?' || before == '&';
    auto next = equals + 1;
    const auto name = text.substr(name_begin, name_end - name_begin);
    if ((in_query && names_password(percent_decoded(name))) || (is_space(before) && names_password(name))) {
      const auto begin = in_query ? next : std::min(text.find_first_not_of(whitespace, next), text.size());
      const auto value = value_span(text, begin, in_query);
      if (value.end > value.begin) found.push_back(value);
      next = value.end;
    }
    equals = text.find('=', next);
  }
  return found;
}

/// A copy of the text with what `in_place_of` returns in place of each password.
template <class Replace>
std::string replaced(std::string_view text, const std::vector<span>& passwords, const Replace& in_place_of) {
  std::string changed;
  std::size_t copied = 0;
  for (const auto& [begin, end] : passwords) {
    changed.append(text.substr(copied, begin - copied)).append(in_place_of(text.substr(begin, end - begin)));
    copied = end;
  }
  return changed.append(text.substr(copied));
}

/// The same for passwords in URLs, and then for those in keywords.
template <class Replace>
std::string with_replaced_passwords(std::string_view text, const Replace& in_place_of) {
  const auto without_url_passwords = replaced(text, url_passwords(text), in_place_of);
  return replaced(without_url_passwords, keyword_passwords(without_url_passwords), in_place_of);
}

}  // namespace

std::string mask_credentials(std::string_view text) {
  if (is_sealed(text)) return std::string(secret_mask);
  return with_replaced_passwords(text, [](std::string_view password) {
    return std::string(parse_secret_reference(password) ? password : secret_mask);
  });
}

std::string replace_referenced_passwords(
    std::string_view text, const std::function<std::string(const secret_reference& reference)>& in_place_of) {
  return with_replaced_passwords(text, [&](std::string_view password) {
    const auto reference = parse_secret_reference(password);
    return reference ? in_place_of(*reference) : std::string(password);
  });
}

bool holds_masked_credentials(std::string_view text) {
  const auto is_mask = [&](const span& at) {
    return text.substr(at.begin, at.end - at.begin).find(secret_mask) != npos;
  };
  const auto in_urls = url_passwords(text);
  const auto in_keywords = keyword_passwords(text);
  return std::any_of(in_urls.begin(), in_urls.end(), is_mask) ||
         std::any_of(in_keywords.begin(), in_keywords.end(), is_mask);
}

}  // namespace kfs
