#include "config/store/sealing.hpp"

#include <algorithm>
#include <utility>

#include "config/consumers/options_schema.hpp"
#include "config/schema/secret_text.hpp"
#include "config/store/spec_json.hpp"

namespace kfs {
namespace {

constexpr const char* by_member = "sealed_by";
constexpr const char* at_member = "sealed_at";
/// Texts are filled up to a multiple of this, so that the length of a sealed text tells little of a short secret's.
constexpr std::size_t rounding = 32;

/// Names the place of a secret among all that are stored. A processor keeps its secrets when its index changes.
std::string place_of(const json& stored, const json::json_pointer& at) {
  auto text = at.to_string();
  constexpr std::string_view processors = "/processors/";
  if (text.starts_with(processors)) {
    const auto index_end = text.find('/', processors.size());
    const auto index = text.substr(0, index_end);
    text = "/processor/" + stored.at(json::json_pointer(index)).at("id").get<std::string>() + text.substr(index_end);
  }
  return stored.at("id").get<std::string>() + text;
}

/// The JSON text of a value; blanks after it mean nothing.
std::string filled_up(const json& value) {
  auto text = value.dump(-1, ' ', true);
  text.resize((text.size() + rounding - 1) / rounding * rounding, ' ');
  return text;
}

bool is_sealed_value(const json& value) {
  return value.is_string() && is_sealed(value.get_ref<const std::string&>());
}

void add_sealed(const json& value, const json::json_pointer& at, json& found) {
  if (is_sealed_value(value)) found.push_back(at.to_string());
  if (value.is_object()) {
    for (const auto& [name, element] : value.items()) add_sealed(element, at / name, found);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) add_sealed(value[i], at / i, found);
  }
}

/// Pointers to the sealed values in `stored`.
json sealed_in(const json& stored) {
  auto found = json::array();
  add_sealed(stored.at("options"), json::json_pointer("/options"), found);
  add_sealed(stored.at("processors"), json::json_pointer("/processors"), found);
  return found;
}

}  // namespace

spec_sealing::spec_sealing() = default;

spec_sealing::spec_sealing(key_ring keys, processor_schemas types, logger log)
    : keys_(std::move(keys)), types_(std::move(types)), log_(std::move(log)) {}

std::string spec_sealing::beginning(const std::string& key) {
  return "{\"" + std::string(by_member) + "\":\"" + key + "\"";
}

/// Visits each value that is a secret or holds one, also those of types that the server does not know.
void spec_sealing::visit(json& stored, const secret_visitor& visit) const {
  const auto visit_held = [&](const place_of_secret& found) {
    if (found.holds_secret()) visit(found);
  };
  consumer_options_schema().visit_secrets(stored.at("options"), json::json_pointer("/options"), visit_held);
  auto& processors = stored.at("processors");
  for (std::size_t i = 0; i < processors.size(); ++i) {
    auto& config = processors[i].at("config");
    const auto at = json::json_pointer("/processors") / i / "config";
    const auto* schema = types_ ? types_(processors[i].at("type").get<std::string>()) : nullptr;
    if (schema != nullptr)
      schema->visit_secrets(config, at, visit_held);
    else
      visit_held({.at = at, .value = config, .whole = true});
  }
}

result<std::string> spec_sealing::to_text(const consumer_spec& spec, const std::string& key) const {
  auto stored = to_stored_json(spec);
  const auto missing = sealed_in(stored);
  if (key.empty() && missing.empty()) return to_stored_text(spec, stored);
  try {
    visit(stored, [&](const place_of_secret& secret) {
      if (!key.empty() && !is_sealed_value(secret.value))
        secret.value = keys_.seal(key, filled_up(secret.value), place_of(stored, secret.at));
    });
  } catch (const json::exception&) {
    return failure(ec::internal, "cannot store consumer " + spec.id.value + ": a text is not valid UTF-8");
  }
  json sealed = json::object();
  sealed[by_member] = missing.empty() ? key : "";
  sealed[at_member] = sealed_in(stored);
  sealed.update(stored);
  return to_stored_text(spec, sealed);
}

consumer_spec spec_sealing::from_text(const std::string& text) const {
  auto stored = json::parse(text);
  const auto places = stored.value(at_member, json::array());
  for (const auto& place : places) {
    const json::json_pointer at(place.get<std::string>());
    auto& value = stored.at(at);
    if (!is_sealed_value(value)) continue;
    const auto sealed = value.get<std::string>();
    const auto opened = keys_.open(sealed, place_of(stored, at));
    if (opened)
      value = json::parse(*opened);
    else
      note_missing(key_ring::key_of(sealed), opened.error());
  }
  return from_stored_json(stored);
}

result<std::optional<std::string>> spec_sealing::moved_to(const std::string& key, const std::string& text) const try {
  if (text.starts_with(beginning(key))) return std::nullopt;
  const auto before = json::parse(text);
  const auto spec = from_text(text);
  auto opened = to_stored_json(spec);
  bool to_move = false;
  bool all_open = true;
  visit(opened, [&](const place_of_secret& secret) {
    // An option that an older version did not know may have been sealed with all that is in it.
    const auto kept = before.contains(secret.at) ? before.at(secret.at) : json();
    if (is_sealed_value(secret.value))
      all_open = false;
    else if (!is_sealed_value(kept) || key_ring::key_of(kept.get_ref<const std::string&>()) != key)
      to_move = true;
  });
  if (!to_move && !all_open) return std::nullopt;
  return to_text(spec, key).map([](std::string moved) { return std::optional(std::move(moved)); });
} catch (const json::exception&) {
  return std::nullopt;  // whoever reads it reports it
}

result<void> spec_sealing::may_store(const consumer_spec& spec, const std::string& key) const {
  if (key.empty() || keys_.holds(key)) return {};
  auto stored = to_stored_json(spec);
  bool plain = false;
  visit(stored, [&](const place_of_secret& secret) { plain |= !is_sealed_value(secret.value); });
  if (!plain) return {};
  return failure(
      ec::secret_unavailable,
      "the secrets in the store are encrypted with the key " + key +
          ", which this server does not have, and it would store this one in plain text; set STORE_KEY to that "
          "key, or to a new one, and start the server again");
}

bool spec_sealing::is_news(const std::string& problem) const {
  const std::lock_guard lock(mutex_);
  return noted_.insert(problem).second;
}

void spec_sealing::note_hindered(const std::string& replicas) const {
  if (!is_news("hindered by " + replicas)) return;
  log_.warning(
      "secrets are not encrypted with STORE_KEY yet: each replica needs this key, in STORE_KEY or "
      "STORE_KEYS_PREVIOUS, and the previous key must be nobody's STORE_KEY",
      {{"key", keys_.current()}, {"replicas", replicas}});
}

void spec_sealing::note_sealed() const {
  log_.info("the secrets in the store that this server can read are encrypted with STORE_KEY",
            {{"key", keys_.current()}});
}

void spec_sealing::note_missing(const std::string& key, const error& why) const {
  if (!is_news(why.message)) return;
  log_.error(
      "secrets in the store cannot be read; their consumers do not run, and stay as they are: start the server with "
      "this key in STORE_KEY or STORE_KEYS_PREVIOUS, or send the secrets again with a PUT",
      {{"key", key}, {"reason", why.message}});
}

}  // namespace kfs
