#include "cluster/shared_work.hpp"

#include <mutex>
#include <utility>

#include "cluster/cluster_front.hpp"
#include "cluster/news/event_outbox.hpp"

namespace kfs {

/// What outlives the object, in the hands of the supervisor.
struct shared_work::link {
  explicit link(const logger& log) : events(std::make_shared<event_outbox>(log)) {}

  const std::shared_ptr<event_outbox> events;
  std::mutex mutex;
  std::shared_ptr<cluster_news> news;  ///< guarded by mutex; nullptr before begin() and after the end
  std::shared_ptr<lease_table> table;
  wanted_book wanted;                                       ///< of the thread of the news
  std::function<void(const instance_reports&)> tell_links;  ///< empty without links

  std::shared_ptr<cluster_news> present_news() {
    const std::lock_guard lock(mutex);
    return news;
  }
};

shared_work::shared_work(caf::actor_system& system, parts with)
    : target_(std::move(with.target)),
      log_(std::move(with.log)),
      sealing_(std::move(with.sealing)),
      link_(std::make_shared<link>(log_)),
      links_(with.links) {
  // The coordinator and the table know each other.
  const auto coordinator = std::make_shared<caf::weak_actor_ptr>();
  link_->table = std::make_shared<lease_table>(
      [coordinator](const instance_id& instance, epoch term) {
        if (const auto to = caf::actor_cast<coordinator_actor>(*coordinator))
          caf::anon_send(to, vacated_atom::value, instance.consumer, instance.number, term.value);
      },
      [coordinator] {
        if (const auto to = caf::actor_cast<coordinator_actor>(*coordinator)) caf::anon_send(to, wake_atom::value);
      });
  if (links_ != nullptr) {
    with.self.address = links_->address();
    link_->tell_links = links_->reporter();
  }
  const auto name = with.self.replica;
  const auto view = std::make_shared<published_view>();
  coordinator_ = spawn_coordinator(system, {.target = target_,
                                            .self = std::move(with.self),
                                            .times = with.times,
                                            .table = link_->table,
                                            .view = view,
                                            .measured = &with.measured,
                                            .log = log_,
                                            .name_is_taken = std::move(with.name_is_taken),
                                            .gone_back =
                                                [link = std::weak_ptr(link_)] {
                                                  const auto shared = link.lock();
                                                  if (!shared) return;
                                                  if (const auto news = shared->present_news()) news->begin_anew();
                                                },
                                            .tell_links = links_ != nullptr ? links_->directory() : nullptr});
  *coordinator = caf::actor_cast<caf::weak_actor_ptr>(coordinator_);
  front_ = spawn_cluster_front(system, {.self = name,
                                        .coordinator = coordinator_,
                                        .view = view,
                                        .links = links_ != nullptr ? links_->board() : nullptr});
}

shared_work::~shared_work() {
  caf::anon_send_exit(front_, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(coordinator_, caf::exit_reason::user_shutdown);
  std::shared_ptr<cluster_news> last;
  {
    const std::lock_guard lock(link_->mutex);
    last = std::move(link_->news);
  }
  if (last) last->flush(std::chrono::seconds{1});
}

std::shared_ptr<ownership> shared_work::owned() const {
  return link_->table;
}

std::function<void(std::vector<instance_report>)> shared_work::reporter() const {
  return [link = link_](std::vector<instance_report> reports) {
    if (link->tell_links) link->tell_links(std::make_shared<const std::vector<instance_report>>(reports));
    if (const auto news = link->present_news()) news->publish(std::move(reports));
  };
}

std::function<void()> shared_work::store_looker() const {
  return [link = link_] {
    if (const auto news = link->present_news()) news->look();
  };
}

event_numbering shared_work::numbering() const {
  const auto send = [link = link_] {
    if (const auto news = link->present_news()) news->send_events();
  };
  return {.take =
              [link = link_, send](const consumer_id& consumer, consumer_event event) {
                link->events->add(consumer, std::move(event));
                send();
              },
          .opened =
              [link = link_, send](const consumer_id& consumer) {
                link->events->want_past(consumer);
                send();
              }};
}

void shared_work::begin(const supervisor_actor& supervisor, const change_feed_ptr& feed) {
  const auto coordinator = caf::actor_cast<caf::weak_actor_ptr>(coordinator_);
  const auto to_coordinator = [coordinator](auto... message) {
    if (const auto to = caf::actor_cast<coordinator_actor>(coordinator)) caf::anon_send(to, std::move(message)...);
  };
  const auto supervising = caf::actor_cast<caf::weak_actor_ptr>(supervisor);
  const auto to_supervisor = [supervising](auto... message) {
    if (const auto to = caf::actor_cast<supervisor_actor>(supervising)) caf::anon_send(to, std::move(message)...);
  };
  const std::weak_ptr<link> weak = link_;
  auto news = std::make_shared<cluster_news>(
      target_, log_, link_->events,
      cluster_news::listener{
          .wanted =
              [weak, to_coordinator, to_supervisor](const wanted_changes_ptr& changes) {
                to_supervisor(wanted_atom::value, changes);
                const auto shared = weak.lock();
                if (!shared) return;
                shared->wanted.apply(*changes);
                to_coordinator(
                    want_atom::value,
                    wanted_instances(std::make_shared<const std::vector<wanted_instance>>(shared->wanted.instances())));
              },
          .observed = [to_supervisor](const instance_reports& reports) { to_supervisor(told_atom::value, reports); },
          .event = [feed](const consumer_id& consumer, const consumer_event& event) { feed->tell(consumer, event); },
          .past_events = [feed](const consumer_id& consumer,
                                const std::vector<consumer_event>& past) { feed->recall(consumer, past); },
          .leases = [to_coordinator] { to_coordinator(look_atom::value); },
          .reachable = [](const std::optional<error>&) {}},
      sealing_);
  if (links_ != nullptr) links_->begin(supervisor, [to_coordinator] { to_coordinator(look_atom::value); });
  {
    const std::lock_guard lock(link_->mutex);
    link_->news = std::move(news);
  }
  to_coordinator(join_atom::value);
}

std::optional<announcer_actor> shared_work::announcer() const {
  if (links_ == nullptr) return std::nullopt;
  return links_->announcer();
}

}  // namespace kfs
