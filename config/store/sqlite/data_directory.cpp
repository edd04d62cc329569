#include "config/store/sqlite/data_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace kfs {
namespace {

namespace fs = std::filesystem;

tl::unexpected<error> failed(const std::string& tried, const fs::path& path, int number) {
  return failure(ec::store_unavailable, "cannot " + tried + " " + path.string() + ": " +
                                            std::generic_category().message(number) +
                                            "; set DATA_DIR to a directory that this user can write");
}

/// Makes new names in `directory` survive a power failure.
result<void> sync_directory(const fs::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return failed("open the directory", directory, errno);
  const int synced = ::fsync(fd);
  const int number = errno;
  ::close(fd);
  if (synced != 0) return failed("write the directory", directory, number);
  return {};
}

result<void> make_directory(const fs::path& directory) {
  std::error_code problem;
  const auto parent = directory.has_parent_path() ? directory.parent_path() : fs::path(".");
  fs::create_directories(parent, problem);
  if (problem) return failed("make the directory", parent, problem.value());
  if (::mkdir(directory.c_str(), 0700) == 0) return sync_directory(parent);
  const int number = errno;
  if (number == EEXIST && fs::is_directory(directory, problem)) return {};
  return failed("make the directory", directory, number);
}

/// Opens a file, and makes it with mode 0600 when it is missing.
result<int> open_private_file(const fs::path& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return failed("open", file, errno);
  return fd;
}

std::string holder_of(int lock) {
  std::array<char, 32> text{};
  const auto size = ::pread(lock, text.data(), text.size(), 0);
  const std::string process(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return process.empty() ? "another process" : "process " + process;
}

/// Takes the lock and writes our process id into its file, for the error message of another process.
result<void> hold(int lock, const fs::path& file) {
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failed("lock", file, errno);
    return failure(ec::store_unavailable, file.string() + " is held by " + holder_of(lock) +
                                              ": only one server may use a data directory; stop the other one or set "
                                              "DATA_DIR to another directory");
  }
  const auto process = std::to_string(::getpid());
  const bool written = ::ftruncate(lock, 0) == 0 &&
                       ::pwrite(lock, process.data(), process.size(), 0) == static_cast<ssize_t>(process.size());
  if (!written) return failed("write", file, errno);
  return {};
}

/// SQLite reads an empty file as an empty database, and gives its log files the same mode.
result<void> make_database_file(const fs::path& file) {
  const auto fd = open_private_file(file);
  if (!fd) return tl::make_unexpected(fd.error());
  ::close(*fd);
  return sync_directory(file.parent_path());
}

}  // namespace

data_directory::data_directory(fs::path database_file, int lock)
    : database_file_(std::move(database_file)), lock_(lock) {}

data_directory::data_directory(data_directory&& other) noexcept
    : database_file_(std::move(other.database_file_)), lock_(std::exchange(other.lock_, -1)) {}

data_directory& data_directory::operator=(data_directory&& other) noexcept {
  std::swap(database_file_, other.database_file_);
  std::swap(lock_, other.lock_);
  return *this;
}

data_directory::~data_directory() {
  if (lock_ >= 0) ::close(lock_);
}

result<data_directory> data_directory::open(const fs::path& directory) {
  const auto place = directory.lexically_normal() / "";  // "data/" and "data" are the same
  const auto normal = place.parent_path();
  if (auto made = make_directory(normal); !made) return tl::make_unexpected(made.error());
  const auto lock_file = normal / "consumers.sqlite3.lock";
  const auto lock = open_private_file(lock_file);
  if (!lock) return tl::make_unexpected(lock.error());
  data_directory held(normal / "consumers.sqlite3", *lock);
  if (auto locked = hold(*lock, lock_file); !locked) return tl::make_unexpected(locked.error());
  if (auto made = make_database_file(held.database_file_); !made) return tl::make_unexpected(made.error());
  return held;
}

}  // namespace kfs
