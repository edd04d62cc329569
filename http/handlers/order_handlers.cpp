#include "http/handlers/order_handlers.hpp"

#include <memory>
#include <utility>

#include "http/auth/guard.hpp"
#include "http/dto/order_dto.hpp"
#include "http/handlers/consumer_reply.hpp"
#include "http/message/answers.hpp"
#include "http/message/error_mapping.hpp"
#include "http/message/json_body.hpp"

namespace kfs {
namespace {

using order_kind = consumer_order::kind;

void give_to(application_context& context, const exchange_ptr& exchanged, const consumer_id& id,
             const consumer_order& order) {
  context.bridge.ask<consumer_view_ptr>(
      context.environment.supervisor, exchanged->request.deadline,
      [exchanged](const result<consumer_view_ptr>& outcome) { answer_view(exchanged, outcome); }, order_atom::value,
      command_of(*exchanged, permission::consumers_operate), id, order);
}

void give(application_context& context, const exchange_ptr& exchanged, const consumer_order& order) {
  with_permitted_consumer(
      context, exchanged, permission::consumers_operate,
      [&context, exchanged, order](const consumer_view& view) { give_to(context, exchanged, view.spec->id, order); });
}

/// A pause or a resume, of the partitions that the body names; without a body, of all.
void give_for_partitions(application_context& context, const exchange_ptr& exchanged, order_kind what) {
  consumer_order order{.what = what};
  if (!exchanged->request.body.empty()) {
    const auto body = read_json_body(exchanged->request);
    if (!body) return exchanged->respond.answer(body.error());
    auto partitions = read_ordered_partitions(*body);
    if (!partitions) return exchanged->respond.answer(to_response(partitions.error()));
    order.partitions = std::move(*partitions);
  }
  give(context, exchanged, order);
}

/// One order for many consumers, a bounded number of them at a time. The request is answered when each has answered.
///
/// Ownership: shared by the answers that it waits for. Threading: all of it runs in one lane of the bridge, because it
/// waits for several answers at once.
class order_for_many : public std::enable_shared_from_this<order_for_many> {
 public:
  order_for_many(application_context& context, exchange_ptr exchanged, consumer_order order,
                 std::vector<consumer_id> consumers)
      : supervisor_(context.environment.supervisor),
        lane_(context.bridge.lane()),
        exchanged_(std::move(exchanged)),
        order_(std::move(order)),
        consumers_(std::move(consumers)) {}

  void begin() {
    lane_.run([self = shared_from_this()] {
      if (self->consumers_.empty()) return self->answer();
      for (std::size_t i = 0; i < most_at_once; ++i) self->give_next();
    });
  }

 private:
  static constexpr std::size_t most_at_once = 32;

  void give_next() {
    if (next_ == consumers_.size()) return;
    const auto id = consumers_[next_++];
    lane_.ask<consumer_view_ptr>(
        supervisor_, exchanged_->request.deadline,
        [self = shared_from_this(), id](const result<consumer_view_ptr>& outcome) { self->answered(id, outcome); },
        order_atom::value, command_of(*exchanged_, permission::consumers_operate), id, order_);
  }

  /// A consumer that was deleted meanwhile needs no order.
  void answered(const consumer_id& id, const result<consumer_view_ptr>& outcome) {
    ++answered_;
    if (outcome)
      ++reached_;
    else if (outcome.error().code != ec::not_found)
      failed_.push_back({id, told(*exchanged_, outcome.error())});
    if (answered_ == consumers_.size()) return answer();
    give_next();
  }

  void answer() const {
    const auto told = ordered_dto(reached_, failed_);
    exchanged_->respond.answer(failed_.empty() ? ok(told) : unavailable(told));
  }

  const supervisor_actor supervisor_;
  const bridge_lane lane_;
  const exchange_ptr exchanged_;
  const consumer_order order_;
  const std::vector<consumer_id> consumers_;
  std::size_t next_ = 0;
  std::size_t answered_ = 0;
  std::size_t reached_ = 0;
  std::vector<failed_order> failed_;
};

void give_to_many(application_context& context, const exchange_ptr& exchanged, order_kind what) {
  const auto body = read_json_body(exchanged->request);
  if (!body) return exchanged->respond.answer(body.error());
  const auto whose = read_ordered_consumers(*body);
  if (!whose) return exchanged->respond.answer(to_response(whose.error()));
  if (whose->tenant) {
    if (!permit_in_tenant(exchanged, permission::consumers_operate, *whose->tenant)) return;
    if (context.environment.access.book->snapshot()->find_tenant(*whose->tenant) == nullptr)
      return exchanged->respond.answer(no_such_tenant(*whose->tenant));
  }
  with_all_consumers(
      context, exchanged, [&context, exchanged, what, whose = *whose](const std::vector<consumer_view_ptr>& all) {
        std::vector<consumer_id> ids;
        for (const auto& view : visible_to(exchanged, all, permission::consumers_operate))
          if (!whose.tenant || *whose.tenant == view->spec->tenant) ids.push_back(view->spec->id);
        std::make_shared<order_for_many>(context, exchanged, consumer_order{.what = what}, std::move(ids))->begin();
      });
}

}  // namespace

void pause_consumer(application_context& context, const exchange_ptr& exchanged) {
  give_for_partitions(context, exchanged, order_kind::pause);
}

void resume_consumer(application_context& context, const exchange_ptr& exchanged) {
  give_for_partitions(context, exchanged, order_kind::resume);
}

void restart_consumer(application_context& context, const exchange_ptr& exchanged) {
  // It is a start, too.
  with_permitted_consumer(context, exchanged, permission::consumers_operate,
                          [&context, exchanged](const consumer_view& view) {
                            with_limits_kept(context, exchanged, view.spec, [&context, exchanged, id = view.spec->id] {
                              give_to(context, exchanged, id, {.what = order_kind::restart});
                            });
                          });
}

void pause_consumers(application_context& context, const exchange_ptr& exchanged) {
  give_to_many(context, exchanged, order_kind::pause);
}

void resume_consumers(application_context& context, const exchange_ptr& exchanged) {
  give_to_many(context, exchanged, order_kind::resume);
}

}  // namespace kfs
