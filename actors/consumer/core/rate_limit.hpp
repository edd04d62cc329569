#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>

#include "config/consumers/spec.hpp"

namespace kfs {

/// How much an instance of a consumer may read, so that all its instances together stay within options.limits.
///
/// Two token buckets, one of records and one of bytes. A bucket holds what flows in within a quarter of a second, and
/// at least two, so a pause, or a slow sink, is followed by no burst. A batch may take more bytes than there are, by
/// one record; what is missing flows in before the next one. Once a bucket is empty, nothing is read until a twentieth
/// of a second's worth is there: batches stay large.
///
/// Threading: none; time is an argument, and does not run backwards.
class rate_limit {
 public:
  using clock = std::chrono::steady_clock;

  /// The share of one of `instances`.
  rate_limit(const rate_limits& all, int instances)
      : records_(share(all.records_per_second, instances)), bytes_(share(all.bytes_per_second, instances)) {}

  /// Whether something may be read now.
  [[nodiscard]] bool open(clock::time_point at) {
    const bool records = records_.open(at);
    return bytes_.open(at) && records;
  }

  /// How long to wait until open() when nothing happens meanwhile. Zero when it is open.
  [[nodiscard]] std::chrono::nanoseconds wait(clock::time_point at) const {
    return std::max(records_.wait(at), bytes_.wait(at));
  }

  /// The limits of the next batch, which are at least those of one record. Only when open().
  [[nodiscard]] batch_options within(batch_options limits) const {
    if (const auto left = records_.left()) limits.max_messages = std::min(limits.max_messages, *left);
    if (const auto left = bytes_.left()) limits.max_bytes = std::min(limits.max_bytes, *left);
    return limits;
  }

  /// So much was read.
  void took(std::size_t records, std::size_t bytes) {
    records_.take(static_cast<double>(records));
    bytes_.take(static_cast<double>(bytes));
  }

 private:
  class bucket {
   public:
    explicit bucket(double per_second) : per_second_(per_second), tokens_(quantum()) {}

    [[nodiscard]] bool open(clock::time_point at) {
      if (per_second_ <= 0) return true;
      const auto capacity = std::max(2.0, per_second_ / 4);  // room for what flows in while a reader comes late
      if (filled_at_) tokens_ = std::min(capacity, tokens_ + per_second_ * seconds(at - *filled_at_));
      filled_at_ = at;
      if (tokens_ < 1) empty_ = true;
      if (empty_ && tokens_ >= quantum()) empty_ = false;
      return !empty_;
    }

    [[nodiscard]] std::chrono::nanoseconds wait(clock::time_point at) const {
      if (per_second_ <= 0 || !empty_) return {};
      const auto missing = quantum() - tokens_ - per_second_ * seconds(at - filled_at_.value_or(at));
      return std::chrono::nanoseconds(
          std::llround(std::ceil(std::clamp(missing / per_second_, 0.0, longest_wait) * 1e9)));
    }

    [[nodiscard]] std::optional<std::int64_t> left() const {
      if (per_second_ <= 0) return std::nullopt;
      return std::max<std::int64_t>(1, static_cast<std::int64_t>(tokens_));
    }

    void take(double count) {
      if (per_second_ > 0) tokens_ -= count;
    }

   private:
    static constexpr double longest_wait = 3'600;  ///< in seconds

    [[nodiscard]] double quantum() const { return std::max(1.0, per_second_ / 20); }
    static double seconds(clock::duration time) { return std::chrono::duration<double>(time).count(); }

    double per_second_;  ///< 0 when there is no limit
    double tokens_;      ///< below 0 after a large record
    std::optional<clock::time_point> filled_at_;
    bool empty_ = false;  ///< nothing is read until a quantum has flowed in
  };

  static double share(const std::optional<std::int64_t>& all, int instances) {
    return all ? static_cast<double>(*all) / instances : 0;
  }

  bucket records_;
  bucket bytes_;
};

}  // namespace kfs
