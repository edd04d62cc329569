#include "http/handlers/consumer_handlers.hpp"
#include "http/handlers/consumer_reply.hpp"
#include "http/message/error_mapping.hpp"
#include "http/message/json_body.hpp"
#include "http/message/preconditions.hpp"

namespace kfs {
namespace {

constexpr int most_attempts = 5;

/// One PUT on its way. Shared by its continuations.
struct update {
  application_context& context;
  exchange_ptr exchanged;
  consumer_id id;
  json body;
  int attempts = 0;
};

void attempt(const std::shared_ptr<update>& under_way);

/// A change that was overtaken is tried on what overtook it, unless the client named the revision it knows.
void finish(const std::shared_ptr<update>& under_way, const result<consumer_view_ptr>& outcome) {
  const bool overtaken = !outcome && outcome.error().code == ec::stale_revision;
  if (!overtaken || under_way->exchanged->request.if_match) return answer_view(under_way->exchanged, outcome);
  if (under_way->attempts < most_attempts) return attempt(under_way);
  under_way->exchanged->respond.answer(
      to_response(error{ec::overloaded, named_consumer(under_way->exchanged->request) +
                                            " is being changed by others at the same time; try again"}));
}

void apply_change(const std::shared_ptr<update>& under_way, const consumer_view& view) {
  auto& respond = under_way->exchanged->respond;
  const auto& request = under_way->exchanged->request;
  const auto matches = check_if_match(request.if_match, view.spec->rev, named_consumer(request));
  if (!matches) return respond.answer(to_response(matches.error()));
  const auto change = under_way->context.environment.rules.change(under_way->body, *view.spec);
  if (!change) return respond.answer(to_response(change.error()));
  under_way->context.bridge.ask<consumer_view_ptr>(
      under_way->context.environment.supervisor, request.deadline,
      [under_way](const result<consumer_view_ptr>& outcome) { finish(under_way, outcome); }, update_atom::value,
      command_of(request),
      consumer_spec_ptr(std::make_shared<const consumer_spec>(changed_consumer(*view.spec, *change, now()))));
}

void attempt(const std::shared_ptr<update>& under_way) {
  ++under_way->attempts;
  with_consumer(under_way->context, under_way->exchanged, under_way->id,
                [under_way](const consumer_view& view) { apply_change(under_way, view); });
}

}  // namespace

void update_consumer(application_context& context, const exchange_ptr& exchanged) {
  const auto id = consumer_in_path(exchanged);
  if (!id) return;
  auto body = read_json_body(exchanged->request);
  if (!body) return exchanged->respond.answer(std::move(body.error()));
  attempt(std::make_shared<update>(update{context, exchanged, *id, std::move(*body), 0}));
}

}  // namespace kfs
