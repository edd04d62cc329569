#include "processors/file/lock.hpp"

#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <string>

#include "processors/file/errors.hpp"

namespace kfs {

/// A line of /proc/locks: "1: FLOCK  ADVISORY  WRITE 4711 08:01:5 0 EOF".
std::string lock_holder_of(const file_descriptor& file) {
  struct stat mine {};
  if (::fstat(file.get(), &mine) != 0) return "another process";
  const auto place = fmt::format("{:02x}:{:02x}:{}", major(mine.st_dev), minor(mine.st_dev), mine.st_ino);
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream fields(line);
    std::string number, kind, advisory, mode, pid, where;
    fields >> number >> kind >> advisory >> mode >> pid >> where;
    if (kind != "FLOCK" || where != place || pid == "0" || pid == "-1") continue;
    if (pid == std::to_string(::getpid())) return "this server itself, under another name (a hard link)";
    std::string name;
    std::getline(std::ifstream("/proc/" + pid + "/comm") >> std::ws, name);
    return fmt::format("process {} ({})", pid, name.empty() ? "of another user or container" : name);
  }
  return "another process that cannot be seen from here";
}

bool is_held_elsewhere(const file_descriptor& file) {
  return ::flock(file.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

result<void> lock_file(const file_descriptor& file, const std::filesystem::path& path) {
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return {};
  if (errno == EWOULDBLOCK)
    return failure(
        ec::sink_unavailable,
        fmt::format("\"{}\" is held by {}; it is tried again. If that process does not end or let go, end it, "
                    "or choose another file_path",
                    path.native(), lock_holder_of(file)));
  if (errno == ENOLCK || errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL) return {};
  return tl::make_unexpected(file_error(errno, "lock", path));
}

}  // namespace kfs
