#include "processors/file/path_inquiry.hpp"

#include <fmt/format.h>

#include <atomic>
#include <system_error>

#include "processors/ask_in_thread.hpp"

namespace kfs {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds patience{2};
constexpr int most_running = 16;
/// Inquiries whose threads have not ended. The process may end before they do, so it has no destructor.
std::atomic<int> running{0};

tl::unexpected<error> hangs(const std::string& file_path) {
  return failure(
      ec::sink_unavailable,
      fmt::format("the disk of file_path \"{}\" does not respond; try again when it does, or choose a path on "
                  "another disk",
                  file_path));
}

}  // namespace

result<path_findings> ask_disk(const std::string& file_path, path_inquiry inquiry, std::chrono::milliseconds longest) {
  if (running.fetch_add(1) >= most_running) {
    running.fetch_sub(1);
    return hangs(file_path);
  }
  const auto counted = [inquiry = std::move(inquiry)] {
    auto found = inquiry();
    running.fetch_sub(1);
    return found;
  };
  const auto found = ask_in_thread<result<path_findings>>(counted, longest);
  if (!found) return hangs(file_path);
  return *found;
}

result<path_findings> examine_path(const file_path_policy& policy, const std::string& file_path) {
  const auto examine = [policy, file_path] {
    return policy.resolve(file_path).map([](fs::path resolved) {
      std::error_code failed;
      const auto found = fs::status(resolved, failed);
      const bool is_taken = fs::exists(found) && !fs::is_regular_file(found);
      return path_findings{std::move(resolved), is_taken};
    });
  };
  return ask_disk(file_path, examine, patience);
}

}  // namespace kfs
