#pragma once

#include <mutex>
#include <string>

namespace kfs {

/// A text that is made by whoever needs it first, and kept.
///
/// Ownership: shared by whatever shows it.
/// Threading: safe from any thread. Others that need the text while it is made wait for it.
class kept_text {
 public:
  /// Calls `make` when there is no text yet. When `make` throws, the next call makes it.
  template <class Make>
  const std::string& get(const Make& make) const {
    std::call_once(made_, [&] { text_ = make(); });
    return text_;
  }

 private:
  mutable std::once_flag made_;
  mutable std::string text_;
};

}  // namespace kfs
