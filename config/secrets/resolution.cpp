#include "config/secrets/resolution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "config/base/percent.hpp"
#include "config/base/text.hpp"
#include "config/secrets/key_ring.hpp"

namespace kfs {
namespace {

const std::string* text_of(const json& value) {
  return value.get_ptr<const std::string*>();
}

/// The references that a secret, or the password in a value, is.
std::vector<secret_reference> references_in(const place_of_secret& found) {
  const auto* text = text_of(found.value);
  if (text == nullptr || !found.may_refer) return {};
  if (auto whole = parse_secret_reference(*text)) return {std::move(*whole)};
  std::vector<secret_reference> references;
  if (found.whole) return references;
  replace_referenced_passwords(*text, [&](const secret_reference& reference) {
    references.push_back(reference);
    return std::string();
  });
  return references;
}

bool stands_for_secret(const place_of_secret& found) {
  const auto& text = found.value.get_ref<const std::string&>();
  return text == secret_mask || is_sealed(text) || !references_in(found).empty();
}

/// Puts the values in place of the references at one place.
result<void> resolve(const place_of_secret& found, const secret_source& from) {
  const auto references = references_in(found);
  if (references.empty()) return {};
  std::vector<std::string> values;
  for (const auto& reference : references) {
    auto value = from.value_of(reference);
    if (!value) return tl::make_unexpected(value.error());
    values.push_back(std::move(*value));
  }
  const auto text = *text_of(found.value);
  std::size_t next = 0;
  found.value =
      parse_secret_reference(text) ? values.front() : replace_referenced_passwords(text, [&](const secret_reference&) {
        return percent_encoded(values[next++]);
      });
  if (!stands_for_secret(found)) return {};
  return failure(ec::secret_unavailable,
                 fmt::format("the secret {} cannot be used: it holds a reference to another one, "
                             "or what stands in place of one, and not the secret itself",
                             to_string(references.front())));
}

/// Visits a copy, as the visitor may change what it sees.
void visit_copy(const object_schema& declared, const json& options, const secret_visitor& visit) {
  auto copy = options;
  declared.visit_secrets(copy, json::json_pointer(), visit);
}

std::string name_of(const json& loc) {
  std::string text;
  for (const auto& step : loc)
    text += (text.empty() ? "" : ".") + (step.is_string() ? step.get<std::string>() : step.dump());
  return text;
}

json below_pointer(json loc, const json::json_pointer& at) {
  std::vector<std::string> steps;
  for (auto rest = at; !rest.empty(); rest.pop_back()) steps.push_back(rest.back());
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) loc.push_back(*step);
  return loc;
}

/// True when one place contains the other.
bool concern_each_other(const json& a, const json& b) {
  return std::equal(a.begin(), a.begin() + static_cast<json::difference_type>(std::min(a.size(), b.size())), b.begin());
}

}  // namespace

bool concerns_secrets(const object_schema& declared, const json& options) {
  bool any = false;
  visit_copy(declared, options,
             [&](const place_of_secret& found) { any |= found.holds_secret() || !references_in(found).empty(); });
  return any;
}

bool needs_resolution(const object_schema& declared, const json& options) {
  if (sealed_secret_in(options)) return true;
  bool any = false;
  visit_copy(declared, options, [&](const place_of_secret& found) { any |= !references_in(found).empty(); });
  return any;
}

result<json> resolved(const object_schema& declared, const json& options, const secret_source& from) {
  if (auto missing = sealed_secret_in(options)) return tl::make_unexpected(std::move(*missing));
  auto copy = options;
  std::vector<json> places;
  std::optional<error> failed;
  declared.visit_secrets(copy, json::json_pointer(), [&](const place_of_secret& found) {
    if (failed || references_in(found).empty()) return;
    if (auto done = resolve(found, from); !done) failed = std::move(done).error();
    places.push_back(below_pointer(json::array(), found.at));
  });
  if (failed) return tl::make_unexpected(std::move(*failed));
  std::vector<violation> mistakes;
  declared.validate(copy, json::array(), mistakes);
  for (const auto& mistake : mistakes) {
    if (std::ranges::none_of(places, [&](const json& place) { return concern_each_other(place, mistake.loc); }))
      continue;
    return failure(ec::secret_unavailable, fmt::format("with the secrets that it refers to, {} cannot be used: {}",
                                                       name_of(mistake.loc), mistake.msg));
  }
  return copy;
}

void check_references(const object_schema& declared, const json& options, const json& loc, const secret_source& from,
                      std::vector<violation>& found) {
  visit_copy(declared, options, [&](const place_of_secret& at) {
    for (const auto& reference : references_in(at)) {
      if (auto mistake = from.mistake_in(reference))
        found.push_back({"value_error", below_pointer(loc, at.at), "Value error, " + *mistake, nullptr});
    }
  });
}

void reject_sealed(const json& body, const json& loc, std::vector<violation>& found) {
  if (found.size() >= most_violations) return;
  if (const auto* text = text_of(body); text != nullptr && is_sealed(*text)) {
    found.push_back({"value_error", loc,
                     fmt::format("Value error, a value must not begin with {}, as encrypted secrets do", sealed_prefix),
                     nullptr});
  } else if (body.is_object()) {
    for (const auto& [name, element] : body.items()) reject_sealed(element, below(loc, name), found);
  } else if (body.is_array()) {
    for (std::size_t i = 0; i < body.size(); ++i) reject_sealed(body[i], below(loc, i), found);
  }
}

std::optional<error> sealed_secret_in(const json& value) {
  if (const auto* text = text_of(value); text != nullptr && is_sealed(*text)) {
    return error{
        ec::secret_unavailable,
        fmt::format("a secret in the store was encrypted with the key {}, which this server does not have, or is "
                    "not as it was stored; start the server with that key in STORE_KEY or STORE_KEYS_PREVIOUS, "
                    "or send the secret again with a PUT",
                    key_ring::key_of(*text))};
  }
  if (!value.is_structured()) return std::nullopt;
  for (const auto& element : value) {
    if (auto found = sealed_secret_in(element)) return found;
  }
  return std::nullopt;
}

}  // namespace kfs
