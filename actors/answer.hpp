#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include "actors/messages.hpp"

namespace kfs {

/// The answer that a message handler owes to a request and gives later, once, from within its own actor.
///
/// Copies share the answer. When the last copy is destroyed without an answer, for example because the actor ends, the
/// requester gets sec::request_receiver_down at once, as for requests that wait in the mailbox of such an actor.
///
/// A value that closures may hold and call as const, which CAF's own promise does not allow.
template <class T>
class owed_answer {
 public:
  explicit owed_answer(caf::typed_response_promise<T> promise) : owed_(std::make_shared<owed>(std::move(promise))) {}

  void give(T value) const {
    owed_->answer = [owed = owed_.get(), value = std::move(value)]() mutable {
      owed->promise.deliver(std::move(value));
    };
    owed_->deliver();
  }
  void refuse(const error& reason) const { refuse(to_caf(reason)); }
  void refuse(caf::error reason) const {
    owed_->answer = [owed = owed_.get(), reason = std::move(reason)]() mutable {
      owed->promise.deliver(std::move(reason));
    };
    owed_->deliver();
  }

  /// The answer is sent when it is given and the last copy of every hold is destroyed.
  [[nodiscard]] std::shared_ptr<void> hold() const {
    ++owed_->holds;
    return {nullptr, [owed = owed_](std::nullptr_t) {
              --owed->holds;
              owed->deliver();
            }};
  }

 private:
  struct owed {
    explicit owed(caf::typed_response_promise<T> made) : promise(std::move(made)) {}
    ~owed() {
      if (promise.pending()) promise.deliver(caf::make_error(caf::sec::request_receiver_down));
    }
    owed(const owed&) = delete;
    owed& operator=(const owed&) = delete;

    void deliver() {
      if (answer && holds == 0) std::exchange(answer, nullptr)();
    }

    caf::typed_response_promise<T> promise;  ///< pending until it is answered
    std::function<void()> answer;            ///< sends it; empty until it is given, and once it is sent
    int holds = 0;
  };

  std::shared_ptr<owed> owed_;
};

}  // namespace kfs
