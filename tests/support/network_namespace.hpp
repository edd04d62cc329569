#pragma once

#include <functional>
#include <string>
#include <vector>

namespace kfs::test {

/// A network of the kernel with a loopback interface of its own, in which processes run apart from others. Nobody sees
/// it by name, and it ends with this object and the processes in it, even when the test crashes.
///
/// Threading: none. Errors: std::runtime_error, also where this process may not make one; see why_none().
class network_namespace {
 public:
  network_namespace();
  ~network_namespace();
  network_namespace(const network_namespace&) = delete;
  network_namespace& operator=(const network_namespace&) = delete;

  /// Why this process can make none; empty when it can. It needs root and the program ip(8).
  static std::string why_none();

  /// A path that ip(8) and nsenter(1) accept while this object lives.
  [[nodiscard]] std::string path() const;

  /// The command that runs the command appended to it in this namespace.
  [[nodiscard]] std::vector<std::string> launcher() const;

  /// Runs ip(8) in this namespace with these arguments, which blanks separate.
  void ip(const std::string& arguments) const;

  /// Runs `action` on a thread of this namespace and waits for it. A socket that it makes stays in this namespace.
  void within(const std::function<void()>& action) const;

 private:
  int descriptor_ = -1;
};

}  // namespace kfs::test
