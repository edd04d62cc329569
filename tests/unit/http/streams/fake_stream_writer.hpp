#pragma once

#include <string>
#include <utility>

#include "http/message/response_stream.hpp"

namespace kfs::test {

/// A client of a stream, and what it has got. It takes everything at once unless it `reads` no more.
struct fake_stream_writer final : stream_writer {
  std::string got;
  std::size_t unread = 0;
  bool reads = true;
  bool gone = false;  ///< the client has closed its side
  bool finished = false;
  bool was_cut = false;

  void write(std::string bytes) override {
    if (!reads) unread += bytes.size();
    got += bytes;
  }
  [[nodiscard]] std::size_t waiting() const override { return unread; }
  void finish() override { finished = true; }
  void cut() override { was_cut = true; }
  [[nodiscard]] bool is_abandoned() const override { return gone; }

  /// What it has got since it was asked last.
  std::string news() { return std::exchange(got, {}); }
};

}  // namespace kfs::test
