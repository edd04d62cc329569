#include "processors/file/file_copy.hpp"

#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "processors/file/errors.hpp"

namespace kfs {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t step_bytes = 16 * 1024 * 1024;
constexpr std::size_t buffer_bytes = 1024 * 1024;

/// Whether the two files now share their blocks.
bool clone(const file_descriptor& from, const file_descriptor& to, std::int64_t length) {
  return length > 0 && ::ioctl(to.get(), FICLONE, from.get()) == 0 && ::ftruncate(to.get(), length) == 0;
}

/// copy_file_range; -1 with errno where the kernel or the file systems cannot do it. The file that is written must not
/// be open for appending.
ssize_t copy_in_kernel(const file_descriptor& from, const file_descriptor& to, std::int64_t at, std::int64_t count) {
  auto from_at = static_cast<off64_t>(at);
  auto to_at = static_cast<off64_t>(at);
  return ::copy_file_range(from.get(), &from_at, to.get(), &to_at, static_cast<std::size_t>(count), 0);
}

ssize_t copy_through(std::vector<char>& buffer, const file_descriptor& from, const file_descriptor& to, std::int64_t at,
                     std::int64_t count) {
  buffer.resize(buffer_bytes);
  const auto wanted = std::min(static_cast<std::size_t>(count), buffer.size());
  const auto got = ::pread(from.get(), buffer.data(), wanted, static_cast<off_t>(at));
  if (got <= 0) return got;
  return ::pwrite(to.get(), buffer.data(), static_cast<std::size_t>(got), static_cast<off_t>(at));
}

bool is_missing(int reason) {
  return reason == EXDEV || reason == EINVAL || reason == ENOSYS || reason == EOPNOTSUPP || reason == EBADF ||
         reason == EPERM;
}

}  // namespace

result<void> copy_bytes(const file_descriptor& from, const file_descriptor& to, std::int64_t length,
                        const fs::path& path_of_copy, const std::function<bool(std::int64_t)>& progress) {
  std::vector<char> buffer;
  bool in_kernel = true;
  std::int64_t done = clone(from, to, length) ? length : 0;
  std::int64_t told = 0;
  while (done < length) {
    if (done - told >= step_bytes) {
      told = done;
      if (!progress(done)) return failure(ec::shutting_down, "the copy of a file was given up");
    }
    const auto rest = std::min(length - done, step_bytes);
    const auto count = in_kernel ? copy_in_kernel(from, to, done, rest) : copy_through(buffer, from, to, done, rest);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && in_kernel && is_missing(errno)) {
      in_kernel = false;
      continue;
    }
    if (count < 0) return tl::make_unexpected(file_error(errno, "copy to", path_of_copy));
    if (count == 0 && in_kernel) {  // some file systems say so in place of an error
      in_kernel = false;
      continue;
    }
    if (count == 0)
      return failure(ec::sink_unavailable,
                     fmt::format("the file became shorter while it was copied to \"{}\"; it is tried again",
                                 path_of_copy.native()));
    done += count;
  }
  if (!progress(done)) return failure(ec::shutting_down, "the copy of a file was given up");
  return {};
}

}  // namespace kfs
