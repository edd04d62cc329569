#pragma once

#include <utility>

#include "actors/messages.hpp"

namespace kfs {

/// An answer that a message handler owes and gives later, from within its own actor; exactly once.
///
/// A value that closures may hold and call as const, which CAF's own promise does not allow.
template <class T>
class owed_answer {
 public:
  explicit owed_answer(caf::typed_response_promise<T> promise) : promise_(std::move(promise)) {}

  void give(T value) const { caf::typed_response_promise<T>(promise_).deliver(std::move(value)); }
  void refuse(const error& why) const { refuse(to_caf(why)); }
  void refuse(caf::error why) const { caf::typed_response_promise<T>(promise_).deliver(std::move(why)); }

 private:
  caf::typed_response_promise<T> promise_;
};

}  // namespace kfs
