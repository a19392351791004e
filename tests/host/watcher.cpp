#include "watcher.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "messages.h"

namespace host {
namespace {

constexpr std::uint64_t kStopId = 0;

}  // namespace

maws::Result<std::unique_ptr<DisconnectWatcher>> DisconnectWatcher::start() {
    const auto fail = [](int number) {
        return maws::make_error<messages::kCannotWatch>(MAWS_E_SYSTEM,
                                                        std::generic_category().message(number));
    };
    maws::FileDescriptor epoll(epoll_create1(EPOLL_CLOEXEC));
    maws::FileDescriptor stop(eventfd(0, EFD_CLOEXEC));
    if (!epoll.valid() || !stop.valid()) return fail(errno);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = kStopId;
    if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, stop.get(), &event) != 0) return fail(errno);

    auto watcher = std::make_unique<DisconnectWatcher>(std::move(epoll), std::move(stop));
    try {
        watcher->thread_ = std::thread([raw = watcher.get()] { raw->run(); });
    } catch (const std::system_error& error) {
        return fail(error.code().value());
    }
    return watcher;
}

DisconnectWatcher::~DisconnectWatcher() {
    if (!thread_.joinable()) return;
    eventfd_write(stop_.get(), 1);
    thread_.join();
}

void DisconnectWatcher::run() {
    std::array<epoll_event, 64> events{};
    for (;;) {
        const int count =
            epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
        if (count < 0 && errno != EINTR) return;
        for (int i = 0; i < count; ++i) {
            const std::uint64_t id = events.at(static_cast<std::size_t>(i)).data.u64;
            if (id == kStopId) return;
            // By number, not by pointer: the watch may have ended since the event.
            const std::lock_guard<std::mutex> lock(mutex_);
            const auto found = watches_.find(id);
            if (found != watches_.end()) found->second->interrupt(Interruption::kDisconnected);
        }
    }
}

void DisconnectWatcher::interrupt_all() {
    const std::lock_guard<std::mutex> lock(mutex_);
    shutting_down_ = true;
    for (const auto& [id, watch] : watches_) watch->interrupt(Interruption::kShutdown);
}

bool DisconnectWatcher::kill(std::uint64_t connection) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = std::find_if(watches_.begin(), watches_.end(), [&](const auto& entry) {
        return entry.second->connection_ == connection;
    });
    if (found == watches_.end()) return false;
    found->second->interrupt(Interruption::kKilled);
    return true;
}

DisconnectWatcher::Watch::Watch(DisconnectWatcher& watcher, std::uint64_t connection, int socket,
                                maws::Waiter& waiter)
    : watcher_(watcher), connection_(connection), socket_(socket), waiter_(waiter) {
    const std::lock_guard<std::mutex> lock(watcher_.mutex_);
    id_ = ++watcher_.last_id_;
    watcher_.watches_.emplace(id_, this);
    epoll_event event{};
    event.events = EPOLLRDHUP | EPOLLONESHOT;
    event.data.u64 = id_;
    // Where the socket cannot be watched, the login still ends by its own deadline.
    epoll_ctl(watcher_.epoll_.get(), EPOLL_CTL_ADD, socket_, &event);
    if (watcher_.shutting_down_) interrupt(Interruption::kShutdown);
}

DisconnectWatcher::Watch::~Watch() {
    const std::lock_guard<std::mutex> lock(watcher_.mutex_);
    epoll_ctl(watcher_.epoll_.get(), EPOLL_CTL_DEL, socket_, nullptr);
    watcher_.watches_.erase(id_);
}

void DisconnectWatcher::Watch::interrupt(Interruption cause) {
    Interruption none = Interruption::kNone;
    interruption_.compare_exchange_strong(none, cause);
    waiter_.wake();
}

}  // namespace host
