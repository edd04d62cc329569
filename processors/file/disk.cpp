#include "processors/file/disk.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "processors/file/errors.hpp"
#include "processors/file/path_policy.hpp"

namespace kfs {

bool is_there(const std::filesystem::path& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0;
}

result<std::string> read_whole(const file_descriptor& file, const std::filesystem::path& path,
                               std::int64_t most_bytes) {
  struct stat found {};
  if (::fstat(file.get(), &found) != 0) return tl::make_unexpected(file_error(errno, "examine", path));
  if (found.st_size > most_bytes)
    return failure(ec::sink_denied, fmt::format("\"{}\" has {} bytes, more than this server ever writes there; move it "
                                                "away",
                                                path.native(), found.st_size));
  std::string text(static_cast<std::size_t>(found.st_size), '\0');
  for (std::size_t done = 0; done < text.size();) {
    const auto count = ::pread(file.get(), text.data() + done, text.size() - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return tl::make_unexpected(file_error(errno, "read", path));
    if (count == 0) text.resize(done);
    done += static_cast<std::size_t>(count);
  }
  return text;
}

result<void> write_whole(const std::filesystem::path& path, std::string_view text) {
  const auto file = open_resolved(path);
  if (!file) return tl::make_unexpected(file.error());
  if (::ftruncate(file->get(), 0) != 0) return tl::make_unexpected(file_error(errno, "empty", path));
  while (!text.empty()) {
    const auto count = ::write(file->get(), text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return tl::make_unexpected(file_error(count < 0 ? errno : EIO, "write to", path));
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::fdatasync(file->get()) != 0) return tl::make_unexpected(file_error(errno, "flush", path));
  return {};
}

result<void> sync_directory(const std::filesystem::path& directory) {
  const file_descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened || (::fsync(opened.get()) != 0 && errno != EINVAL))
    return tl::make_unexpected(file_error(errno, "flush the directory", directory));
  return {};
}

}  // namespace kfs
