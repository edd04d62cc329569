#include "processors/json_pointer.hpp"

namespace kfs {

bool is_json_pointer(std::string_view text) noexcept {
  if (!text.empty() && text.front() != '/') return false;
  for (auto tilde = text.find('~'); tilde != std::string_view::npos; tilde = text.find('~', tilde + 1)) {
    const auto next = text.substr(tilde + 1, 1);
    if (next != "0" && next != "1") return false;
  }
  return true;
}

}  // namespace kfs
