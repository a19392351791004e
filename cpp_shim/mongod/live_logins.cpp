#include "live_logins.h"

#include <algorithm>

#include "messages.h"

namespace mongo {
namespace awsauth {

maws::Result<void> LiveLogins::Login::begin(const maws::Plugin& plugin, maws::Begin args) {
    std::unique_lock<std::mutex> lock(all_.mutex_);
    if (all_.stopped_) return maws::make_error<messages::kShuttingDown>(MAWS_E_CANCELLED);
    all_.logins_.insert(this);  // before the conversation is there: stop() waits for it
    busy_ = true;
    lock.unlock();
    args.ready = &ready_;
    maws::Result<maws::Conversation> begun = maws::Conversation::begin(plugin, args);
    lock.lock();
    busy_ = false;
    if (!begun) {
        all_.logins_.erase(this);
        all_.ended_.notify_all();
        return begun.error();
    }
    conversation_.emplace(std::move(begun).value());
    if (all_.stopped_) all_.end(*this, lock);
    return {};
}

LiveLogins::Login::~Login() {
    std::unique_lock<std::mutex> lock(all_.mutex_);
    all_.end(*this, lock);
    all_.logins_.erase(this);  // of a begin that threw
}

bool LiveLogins::Login::enter() {
    const std::lock_guard<std::mutex> lock(all_.mutex_);
    busy_ = conversation_.has_value();
    return busy_;
}

void LiveLogins::Login::leave() {
    std::unique_lock<std::mutex> lock(all_.mutex_);
    busy_ = false;
    if (all_.stopped_) all_.end(*this, lock);
}

void LiveLogins::end(Login& login, std::unique_lock<std::mutex>& lock) {
    if (login.ending_) {
        // What the conversation notifies may go only when it has ended.
        ended_.wait(lock, [&login] { return !login.ending_; });
        return;
    }
    if (!login.conversation_) return;
    std::optional<maws::Conversation> conversation(std::move(login.conversation_));
    login.conversation_.reset();
    login.ending_ = true;
    lock.unlock();
    conversation.reset();
    lock.lock();
    login.ending_ = false;
    logins_.erase(&login);
    ended_.notify_all();
}

bool LiveLogins::stop(std::chrono::milliseconds limit) {
    std::unique_lock<std::mutex> lock(mutex_);
    stopped_ = true;
    for (const Login* login : logins_) {
        if (!login->busy_ || !login->conversation_) continue;
        login->conversation_->cancel();
        login->ready_.notify_ready();  // for a cancelled conversation the plugin does not
    }
    // While the lock is open any login may go: each round begins anew.
    const auto next_idle = [this] {
        return std::find_if(logins_.begin(), logins_.end(), [](const Login* login) {
            return !login->busy_ && login->conversation_.has_value();
        });
    };
    for (auto next = next_idle(); next != logins_.end(); next = next_idle()) end(**next, lock);
    return ended_.wait_for(lock, limit, [this] { return logins_.empty(); });
}

bool LiveLogins::stopped() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return stopped_;
}

}  // namespace awsauth
}  // namespace mongo
