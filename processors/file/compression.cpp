#include "processors/file/compression.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <string>

#include "config/base/file_descriptor.hpp"
#include "processors/file/errors.hpp"

namespace kfs {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t piece_bytes = 256 * 1024;
constexpr mode_t permissions = 0777;

bool same_time(const timespec& first, const timespec& second) {
  return first.tv_sec == second.tv_sec && first.tv_nsec == second.tv_nsec;
}

/// The compression of one file. All names are looked up in the directory that is opened first.
class compressing {
 public:
  compressing(const fs::path& closed, compression how)
      : closed_(closed),
        target_(closed.native() + std::string(suffix_of(how))),
        partial_(target_.native() + ".partial"),
        how_(how) {}

  result<void> run(const std::stop_token& stop) {
    if (auto opened = open_directory(); !opened) return opened;
    if (auto opened = open_source(); !opened || !source_) return opened;
    const auto made = made_before();
    if (!made) return tl::make_unexpected(made.error());
    if (!*made) {
      auto written = write_partial(stop);
      if (written) written = put_in_place();
      if (!written) {
        ::unlinkat(directory_.get(), name_of(partial_), 0);
        return written;
      }
    }
    return remove_source();
  }

 private:
  static const char* name_of(const fs::path& path) { return path.c_str() + path.native().rfind('/') + 1; }

  static tl::unexpected<error> failed_to(std::string_view tried, const fs::path& path) {
    return tl::make_unexpected(file_error(errno, tried, path));
  }

  result<void> open_directory() {
    file_descriptor at(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    for (const auto& name : closed_.parent_path().relative_path()) {
      if (at) at = file_descriptor(::openat(at.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    }
    // A descriptor that was opened with O_PATH cannot be synchronized.
    if (at) directory_ = file_descriptor(::openat(at.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory_) return failed_to("open the directory of", closed_);
    return {};
  }

  /// Leaves no source and no error when an earlier run has finished and removed it.
  result<void> open_source() {
    constexpr int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    file_descriptor opened(::openat(directory_.get(), name_of(closed_), flags));
    if (!opened) {
      const int number = errno;
      if (number == ENOENT && look_at(target_)) return {};
      return tl::make_unexpected(file_error(number, "open", closed_));
    }
    if (::fstat(opened.get(), &found_) != 0) return failed_to("examine", closed_);
    if (!S_ISREG(found_.st_mode)) return tl::make_unexpected(file_error(ENXIO, "compress", closed_));
    if (::flock(opened.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
      return failure(
          ec::sink_unavailable,
          fmt::format("cannot compress \"{}\": it is held by another writer; it is tried again", closed_.native()));
    source_ = std::move(opened);
    return {};
  }

  [[nodiscard]] std::optional<struct stat> look_at(const fs::path& path) const {
    struct stat found {};
    if (::fstatat(directory_.get(), name_of(path), &found, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
    return found;
  }

  /// The compressed file exists. It gets its name, and the time of its source, only when it is complete.
  result<bool> made_before() const {
    const auto there = look_at(target_);
    if (!there) return false;
    if (S_ISREG(there->st_mode) && same_time(there->st_mtim, found_.st_mtim)) return true;
    return failure(
        ec::sink_denied,
        fmt::format("cannot compress \"{}\": \"{}\" is there and was not made from it; move one of them away",
                    closed_.native(), target_.native()));
  }

  result<void> write_partial(const std::stop_token& stop) {
    if (auto created = create_partial(); !created) return created;
    auto compressor = make_byte_compressor(how_);
    if (!compressor) return tl::make_unexpected(compressor.error());
    const auto write = [this](std::string_view bytes) { return write_all(bytes); };
    std::string piece(piece_bytes, '\0');
    for (bool last = false; !last;) {
      if (stop.stop_requested()) return stopped();
      const auto count = read_into(piece);
      if (!count) return tl::make_unexpected(count.error());
      last = *count == 0;
      if (auto done = (*compressor)->compress({piece.data(), *count}, last, write); !done) return done;
    }
    return source_unchanged();
  }

  result<void> create_partial() {
    if (::unlinkat(directory_.get(), name_of(partial_), 0) != 0 && errno != ENOENT)
      return failed_to("replace", partial_);
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    result_ = file_descriptor(::openat(directory_.get(), name_of(partial_), flags, S_IRUSR | S_IWUSR));
    if (!result_) return failed_to("create", partial_);
    return give_mode_and_owner();
  }

  /// When the group cannot be set, the group gets no rights, because they would be those of another group.
  result<void> give_mode_and_owner() const {
    const bool same_group = ::fchown(result_.get(), found_.st_uid, found_.st_gid) == 0 ||
                            ::fchown(result_.get(), static_cast<uid_t>(-1), found_.st_gid) == 0;
    const mode_t mode = found_.st_mode & permissions & ~(same_group ? 0U : static_cast<mode_t>(S_IRWXG));
    if (::fchmod(result_.get(), mode) != 0 && errno != EPERM) return failed_to("set the mode of", partial_);
    return {};
  }

  result<std::size_t> read_into(std::string& piece) const {
    for (;;) {
      const auto count = ::read(source_.get(), piece.data(), piece.size());
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR) return failed_to("read", closed_);
    }
  }

  result<void> write_all(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto count = ::write(result_.get(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return tl::make_unexpected(file_error(count < 0 ? errno : EIO, "write to", partial_));
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
  }

  result<void> source_unchanged() const {
    struct stat now {};
    if (::fstat(source_.get(), &now) != 0) return failed_to("examine", closed_);
    if (now.st_size == found_.st_size && same_time(now.st_mtim, found_.st_mtim)) return {};
    return failure(
        ec::sink_unavailable,
        fmt::format("cannot compress \"{}\": it was written to meanwhile; it is tried again", closed_.native()));
  }

  [[nodiscard]] tl::unexpected<error> stopped() const {
    return failure(ec::sink_unavailable,
                   fmt::format("compressing \"{}\" was stopped; the file is as it was", closed_.native()));
  }

  result<void> put_in_place() const {
    const std::array<timespec, 2> times{found_.st_atim, found_.st_mtim};
    if (::futimens(result_.get(), times.data()) != 0) return failed_to("set the time of", partial_);
    if (::fsync(result_.get()) != 0) return failed_to("write to", partial_);
    if (::renameat(directory_.get(), name_of(partial_), directory_.get(), name_of(target_)) != 0)
      return failed_to("rename to its last name", partial_);
    return {};
  }

  /// The new name must be on the disk before the old one is removed.
  result<void> remove_source() const {
    if (::fsync(directory_.get()) != 0) return failed_to("synchronize the directory of", target_);
    if (::unlinkat(directory_.get(), name_of(closed_), 0) != 0 && errno != ENOENT) return failed_to("remove", closed_);
    return {};
  }

  const fs::path closed_;
  const fs::path target_;
  const fs::path partial_;
  const compression how_;
  file_descriptor directory_;
  file_descriptor source_;
  file_descriptor result_;
  struct stat found_ {};  ///< of the source, before it was read
};

}  // namespace

std::string_view suffix_of(compression how) noexcept {
  switch (how) {
    case compression::none:
      return "";
    case compression::gzip:
      return ".gz";
    case compression::zstd:
      return ".zst";
  }
  return "";
}

result<void> compress_file(const fs::path& closed, compression how, const std::stop_token& stop) {
  if (how == compression::none) return {};
  return compressing(closed, how).run(stop);
}

}  // namespace kfs
