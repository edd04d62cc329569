#include "processors/file/takeover.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <optional>
#include <random>
#include <system_error>

#include "config/base/fault_point.hpp"
#include "processors/file/disk.hpp"
#include "processors/file/errors.hpp"
#include "processors/file/file_copy.hpp"
#include "processors/file/journal.hpp"
#include "processors/file/lock.hpp"
#include "processors/file/path_policy.hpp"

namespace kfs {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t digits_of_copy = 8;

/// Whether the name of a leftover begins with that of `original`, and no other series comes between.
bool is_made_of(const fs::path& left, const fs::path& original) {
  const auto& name = left.native();
  const auto length = original.native().size();
  return name.starts_with(original.native()) && (name.compare(length, file_copy_suffix.size(), file_copy_suffix) == 0 ||
                                                 name.compare(length, std::string_view(".new").size(), ".new") == 0);
}

struct found_file {
  file_descriptor opened;
  struct stat found {};
};

/// nullopt when there is no file.
result<std::optional<found_file>> find_file(const fs::path& path) {
  if (!is_there(path)) return std::optional<found_file>{};
  auto opened = open_resolved(path);
  if (!opened) return tl::make_unexpected(opened.error());
  found_file made{.opened = std::move(*opened)};
  if (::fstat(made.opened.get(), &made.found) != 0) return tl::make_unexpected(file_error(errno, "examine", path));
  return std::optional(std::move(made));
}

fs::path new_copy_of(const fs::path& file) {
  std::random_device random;
  return file.native() +
         fmt::format("{}{:0{}x}", file_copy_suffix, static_cast<std::uint32_t>(random()), digits_of_copy);
}

/// Copies the first `length` bytes to a new file, and returns its inode.
result<std::uint64_t> make_copy(const found_file& from, const fs::path& copy, std::int64_t length, bool syncs,
                                const std::function<bool(std::int64_t)>& progress) {
  auto made = open_resolved(copy);
  if (!made) return tl::make_unexpected(made.error());
  ::fcntl(made->get(), F_SETFL, 0);  // copy_file_range needs a file that is not open for appending
  if (auto copied = copy_bytes(from.opened, *made, length, copy, progress); !copied)
    return tl::make_unexpected(copied.error());
  // Only root may give files away; the content does not depend on it.
  static_cast<void>(::fchown(made->get(), from.found.st_uid, from.found.st_gid) == 0);
  ::fchmod(made->get(), from.found.st_mode & 07777U);
  struct stat now {};
  if ((syncs && ::fsync(made->get()) != 0) || ::fstat(made->get(), &now) != 0)
    return tl::make_unexpected(file_error(errno, "flush", copy));
  if (!syncs) return now.st_ino;
  return sync_directory(copy.parent_path()).map([&] { return static_cast<std::uint64_t>(now.st_ino); });
}

/// One attempt to take a series over.
class attempt {
 public:
  attempt(const file_takeover& wanted, file_journal old) : wanted_(wanted), old_(std::move(old)), next_(old_.state()) {}

  attempt(const attempt&) = delete;
  attempt& operator=(const attempt&) = delete;

  /// What is not in place by then is removed.
  ~attempt() {
    if (placed_) return;
    if (!copy_.empty()) ::unlink(copy_.c_str());
    if (!journal_.empty()) ::unlink(journal_.c_str());
  }

  result<void> run() {
    if (auto may = may_begin(); !may) return may;
    if (auto copied = copy_file(); !copied) return copied;
    if (auto written = write_journal(); !written) return written;
    return put_in_place();
  }

 private:
  [[nodiscard]] result<void> step(std::string_view name, std::int64_t done = 0, std::int64_t all = 0) const {
    if (wanted_.goes_on(name, done, all)) return {};
    return failure(ec::shutting_down, fmt::format("\"{}\" was not taken over", file().native()));
  }

  [[nodiscard]] fs::path file() const { return old_.path().parent_path() / old_.state().file_name(); }

  [[nodiscard]] result<void> may_begin() const {
    const auto owners = old_.state().owners();
    if (owners.empty())
      return failure(ec::sink_unavailable,
                     fmt::format("\"{}\" is held by {}, which runs no consumer of these replicas, so the file is not "
                                 "taken away from it; end it, or choose another file_path",
                                 old_.path().native(), lock_holder_of(old_.descriptor())));
    const auto at_work = std::ranges::find_if_not(owners, wanted_.has_ended);
    if (at_work == owners.end()) return {};
    return failure(
        ec::sink_unavailable,
        fmt::format("\"{}\" is held by {}, which may still write there for instance {} of consumer {}; it "
                    "is tried again, and nothing needs to be done while that consumer is moving",
                    old_.path().native(), lock_holder_of(old_.descriptor()), at_work->instance, at_work->consumer));
  }

  /// The file that holds the content: the copy of a takeover that was interrupted, or the file itself.
  [[nodiscard]] fs::path content() const {
    const auto& copy = old_.state().copy().name;
    if (copy.empty()) return file();
    auto path = old_.path().parent_path() / copy;
    return is_there(path) ? path : file();
  }

  result<void> copy_file() {
    if (auto goes_on = step("copy"); !goes_on) return goes_on;
    if (old_.state().file_name().empty()) return {};
    const auto from = find_file(content());
    if (!from) return tl::make_unexpected(from.error());
    const auto size = *from ? std::optional<std::int64_t>((*from)->found.st_size) : std::nullopt;
    const auto verdict = next_.judge(size, wanted_.boot);
    if (auto same = is_unchanged(); !same) return same;
    if (verdict == journal::verdict::changed)
      return failure(ec::sink_denied,
                     fmt::format("\"{}\" has {} bytes where {} were written: another program changed it. Restore it; "
                                 "or move it away, then a new one is begun",
                                 file().native(), *size, next_.length()));
    if (verdict == journal::verdict::begun_anew)
      next_.apply(journal::file{next_.file_name(), 0, next_.file_since_ms()});
    if (!*from) return {};
    copy_ = new_copy_of(file());
    const auto progress = [&](std::int64_t done) { return wanted_.goes_on("copying", done, next_.length()); };
    const auto made = make_copy(**from, copy_, next_.length(), wanted_.syncs, progress);
    if (!made) return tl::make_unexpected(made.error());
    inode_ = *made;
    return {};
  }

  /// Nobody has written to the old journal since it was read, and it is the one that has the name.
  [[nodiscard]] result<void> is_unchanged() const {
    if (old_.is_unchanged()) return {};
    return failure(ec::sink_unavailable,
                   fmt::format("another process writes to \"{}\" after all; it is tried again", old_.path().native()));
  }

  result<void> write_journal() {
    if (auto goes_on = step("write the journal"); !goes_on) return goes_on;
    next_.apply(journal::opened{wanted_.boot, wanted_.syncs});
    for (const auto& owner : wanted_.new_owners) next_.apply(owner);
    if (copy_.empty()) {
      next_.apply(journal::copy{});
    } else {
      next_.apply(journal::copy{copy_.lexically_relative(old_.path().parent_path()), inode_});
    }
    if (!copy_.empty() && wanted_.syncs) next_.apply(journal::synced{next_.length(), next_.positions()});
    journal_ = file_journal::replacement_of(old_.path());
    auto made = file_journal::make(journal_, next_);
    if (!made) return tl::make_unexpected(made.error());
    new_journal_ = std::move(*made);
    return {};
  }

  /// The rename of the journal decides. Before it nothing has changed; after it the copy counts. See README.
  result<void> put_in_place() {
    if (auto goes_on = step("look again"); !goes_on) return goes_on;
    remove_others();
    if (auto same = is_unchanged(); !same) return same;
    if (auto goes_on = step("put the journal in place"); !goes_on) return goes_on;
    fault_point("file.before_takeover");
    if (::rename(journal_.c_str(), old_.path().c_str()) != 0)
      return tl::make_unexpected(file_error(errno, "replace", old_.path()));
    placed_ = true;
    fault_point("file.after_takeover");
    static_cast<void>(wanted_.goes_on("in place", 0, 0));
    remove_others();
    if (!is_named(new_journal_->descriptor(), old_.path()))
      return failure(
          ec::sink_unavailable,
          fmt::format("another replica took \"{}\" over at the same time; it is tried again", file().native()));
    return wanted_.syncs ? sync_directory(old_.path().parent_path()) : result<void>{};
  }

  void remove_others() const { remove_leftovers(old_.path(), file(), {copy_, journal_}); }

  const file_takeover& wanted_;
  const file_journal old_;
  journal::state next_;
  fs::path copy_;  ///< empty when there is nothing to copy
  std::uint64_t inode_ = 0;
  fs::path journal_;  ///< the replacement
  std::optional<file_journal> new_journal_;
  bool placed_ = false;
};

}  // namespace

bool is_name_of_copy(std::string_view file_name) {
  const auto at = file_name.rfind(file_copy_suffix);
  return at != std::string_view::npos && at > 0 && file_name.size() == at + file_copy_suffix.size() + digits_of_copy;
}

bool is_journal_held(const fs::path& series) {
  const auto path = file_journal::path_of(series);
  if (!is_there(path)) return false;
  const auto file = open_resolved(path);
  return file && is_held_elsewhere(*file);
}

result<void> take_over(const file_takeover& wanted) {
  auto old = file_journal::look_at(wanted.series);
  if (!old) return tl::make_unexpected(old.error());
  if (!is_held_elsewhere(old->descriptor())) return {};
  return attempt(wanted, std::move(*old)).run();
}

result<void> finish_takeover(file_journal& journal, bool syncs) {
  const auto& state = journal.state();
  if (state.copy().name.empty()) return {};
  const auto directory = journal.path().parent_path();
  const auto file = directory / state.file_name();
  auto copy = directory / state.copy().name;
  if (!is_there(copy)) {
    const auto from = find_file(file);
    if (!from) return tl::make_unexpected(from.error());
    const bool has_name = !*from || (*from)->found.st_ino == state.copy().inode;
    if (!has_name && (*from)->found.st_size >= state.length()) {
      // A process that was frozen during a takeover of its own has removed the copy.
      copy = new_copy_of(file);
      const auto made = make_copy(**from, copy, state.length(), syncs, [](std::int64_t) { return true; });
      if (!made) return tl::make_unexpected(made.error());
      if (journal.was_replaced()) {  // looked at once the copy exists, as in attempt::put_in_place()
        ::unlink(copy.c_str());
        return tl::make_unexpected(journal.replaced());
      }
      if (auto noted = journal.append(journal::copy{copy.lexically_relative(directory), *made}); !noted) return noted;
    }
  }
  if (::rename(copy.c_str(), file.c_str()) != 0 && errno != ENOENT)
    return tl::make_unexpected(file_error(errno, "replace", file));
  fault_point("file.after_copy_placed");
  return journal.append(journal::copy{});
}

std::vector<fs::path> leftovers_in(const fs::path& directory) {
  std::vector<fs::path> found;
  std::error_code failed;  // a missing directory holds none
  for (fs::directory_iterator entry(directory, failed), end; !failed && entry != end; entry.increment(failed)) {
    const auto name = entry->path().filename().native();
    if (is_name_of_copy(name) || file_journal::is_name_of_replacement(name)) found.push_back(entry->path());
  }
  return found;
}

void remove_leftovers(const fs::path& journal, const fs::path& file, const std::vector<fs::path>& kept,
                      const leftover_finder& find) {
  auto found = find(journal.parent_path());
  if (file.parent_path() != journal.parent_path())
    std::ranges::copy(find(file.parent_path()), std::back_inserter(found));
  for (const auto& left : found) {
    if ((is_made_of(left, journal) || is_made_of(left, file)) && std::ranges::find(kept, left) == kept.end())
      ::unlink(left.c_str());
  }
}

}  // namespace kfs
