#include "config/base/json_pointer.hpp"

namespace kfs {

bool is_json_pointer(std::string_view text) noexcept {
  if (!text.empty() && text.front() != '/') return false;
  for (auto tilde = text.find('~'); tilde != std::string_view::npos; tilde = text.find('~', tilde + 1)) {
    const auto next = text.substr(tilde + 1, 1);
    if (next != "0" && next != "1") return false;
  }
  return true;
}

std::vector<std::string> names_in_json_pointer(std::string_view pointer) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] == '/') {
      names.emplace_back();
    } else if (pointer[i] == '~') {
      names.back() += pointer[++i] == '1' ? '/' : '~';
    } else {
      names.back() += pointer[i];
    }
  }
  return names;
}

}  // namespace kfs
