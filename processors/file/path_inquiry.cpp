#include "processors/file/path_inquiry.hpp"

#include <fmt/format.h>

#include <atomic>
#include <system_error>

#include "processors/ask_in_thread.hpp"
#include "processors/file/journal.hpp"

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

std::string dangling(const fs::path& link) {
  return fmt::format("\"{}\" is a symbolic link that leads nowhere; make what it points to, or remove it",
                     link.native());
}

std::optional<std::string> obstacle_at(const fs::path& path, fs::file_type wanted, std::string_view what) {
  std::error_code failed;
  const auto found = fs::symlink_status(path, failed).type();
  if (found == wanted || found == fs::file_type::not_found || found == fs::file_type::none ||
      found == fs::file_type::unknown)
    return std::nullopt;
  if (found == fs::file_type::symlink && !fs::exists(path, failed)) return dangling(path);
  return fmt::format("\"{}\" is there and is no {}; choose another file_path, or move it away", path.native(), what);
}

std::optional<std::string> obstacle_to(const fs::path& resolved) {
  fs::path directory("/");
  for (const auto& name : resolved.parent_path().relative_path()) {
    directory /= name;
    if (auto obstacle = obstacle_at(directory, fs::file_type::directory, "directory")) return obstacle;
  }
  if (auto obstacle = obstacle_at(resolved, fs::file_type::regular, "regular file")) return obstacle;
  return obstacle_at(file_journal::path_of(resolved), fs::file_type::regular, "regular file");
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
      auto obstacle = obstacle_to(resolved);
      return path_findings{std::move(resolved), std::move(obstacle)};
    });
  };
  return ask_disk(file_path, examine, patience);
}

}  // namespace kfs
