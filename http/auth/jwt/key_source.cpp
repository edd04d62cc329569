#include "http/auth/jwt/key_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <iterator>
#include <utility>

#include "config/settings/references.hpp"
#include "http/auth/jwt/https_document.hpp"

namespace kfs {
namespace {

using namespace std::chrono_literals;

constexpr refresh_schedule::times times_of_url{
    .period = 10min, .first_retry = 1s, .longest_retry = 30s, .between_asks = 30s};
constexpr refresh_schedule::times times_of_file{
    .period = 1s, .first_retry = 1s, .longest_retry = 1s, .between_asks = 30s};

/// Errors of the network hold milliseconds and ports, which differ each time.
std::string without_numbers(std::string text) {
  std::erase_if(text, [](unsigned char c) { return std::isdigit(c) != 0; });
  return text;
}

}  // namespace

key_source::key_source(const jwt_settings& from, logger log)
    : from_(from),
      log_(std::move(log)),
      shown_(from.has_url() ? from.jwks.substr(0, from.jwks.find('?')) : from.jwks),
      schedule_(from.has_url() ? times_of_url : times_of_file, clock::now()),
      thread_([this](const std::stop_token& ends) { run(ends); }) {}

key_source::~key_source() = default;

std::shared_ptr<const key_source::numbered_keys> key_source::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

key_source::waiting key_source::after_refresh(std::function<void()> then) {
  const std::lock_guard lock(mutex_);
  if (waiters_.size() >= most_waiting) return waiting::crowded;
  const auto now = clock::now();
  if (!reading_) {
    if (!schedule_.ask(now)) return waiting::not_now;
    reading_ = true;
    changed_.notify_one();
  }
  waiters_.push_back({now + longest_wait, std::move(then)});
  return waiting::yes;
}

void key_source::run(const std::stop_token& ends) {
  while (!ends.stop_requested()) {
    const auto text = read(ends);
    if (ends.stop_requested()) break;
    call(finish_attempt(take(text)));
    std::unique_lock lock(mutex_);
    const auto due = schedule_.due();
    changed_.wait_until(lock, ends, due, [this] { return reading_; });
    reading_ = true;
  }
  call(finish_attempt(false));
}

/// Those that waited for the attempt. Whoever comes from now on waits for the next one.
std::vector<key_source::waiter> key_source::finish_attempt(bool used) {
  const std::lock_guard lock(mutex_);
  const auto now = clock::now();
  used ? schedule_.succeeded(now) : schedule_.failed(now);
  reading_ = false;
  return std::exchange(waiters_, {});
}

/// Those that have waited too long.
std::vector<key_source::waiter> key_source::overdue_waiters() {
  const std::lock_guard lock(mutex_);
  const auto now = clock::now();
  const auto kept =
      std::partition(waiters_.begin(), waiters_.end(), [&](const waiter& one) { return one.until > now; });
  std::vector<waiter> overdue(std::make_move_iterator(kept), std::make_move_iterator(waiters_.end()));
  waiters_.erase(kept, waiters_.end());
  return overdue;
}

void key_source::call(const std::vector<waiter>& waiters) {
  for (const auto& one : waiters) one.then();
}

tl::expected<std::string, std::string> key_source::read(const std::stop_token& ends) {
  if (from_.has_url()) {
    return read_https({.url = from_.jwks, .ca = from_.jwks_ca}, [&] {
      call(overdue_waiters());
      return !ends.stop_requested();
    });
  }
  std::error_code failed;
  if (!std::filesystem::is_regular_file(from_.jwks, failed))
    return tl::make_unexpected(failed ? failed.message() : std::string("it is no regular file"));
  auto text = read_small_file(from_.jwks);
  if (!text) return tl::make_unexpected(text.error().message);
  return std::move(*text);
}

/// Puts the keys into use; false when that is not possible.
bool key_source::take(const tl::expected<std::string, std::string>& text) {
  if (!text) return report(text.error());
  if (*text != used_text_ || !current()) {
    auto read = read_key_set(*text);
    if (!read) return report(read.error());
    for (const auto& line : read->left_out)
      log_.warning("a key of JWT_JWKS is left out", {{"source", shown_}, {"reason", line}});
    const auto before = current();
    auto next = std::make_shared<const numbered_keys>(
        numbered_keys{.keys = std::move(read->keys), .number = before ? before->number + 1 : 1});
    log_.info("the keys of JWT_JWKS are in use", {{"source", shown_}, {"keys", std::to_string(next->keys.size())}});
    used_text_ = *text;
    const std::lock_guard lock(mutex_);
    current_ = std::move(next);
  } else if (!latest_problem_.empty()) {
    log_.info("the keys of JWT_JWKS can be read again, and are unchanged", {{"source", shown_}});
  }
  latest_problem_.clear();
  return true;
}

bool key_source::report(const std::string& problem) {
  if (without_numbers(problem) != without_numbers(latest_problem_)) {
    const auto* message = current() ? "JWT_JWKS cannot be used; the keys read before stay in use"
                                    : "JWT_JWKS cannot be used; no token can be verified until it can";
    log_.warning(message, {{"source", shown_}, {"reason", problem}});
    latest_problem_ = problem;
  }
  return false;
}

}  // namespace kfs
