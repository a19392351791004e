// Logging in: what stands between saslStart and a user of $external.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "log.h"
#include "maws/conversation.h"
#include "maws/message.h"
#include "maws/plugin.h"
#include "users.h"
#include "watcher.h"

namespace host {

// What a login needs of the server; outlives all connections.
struct LoginServices {
    const maws::Plugin& plugin;
    const Users& users;
    Log& log;
    DisconnectWatcher& watcher;
    std::atomic<std::uint64_t> last_attempt{0};
};

// Who is at the other end.
struct Peer {
    std::uint64_t connection = 0;
    int socket = -1;
    std::string address;  // host:port
    bool tls = false;
};

// The authentication state of one connection, used by its thread alone. Every attempt leaves
// exactly one line in the log.
class Login {
 public:
    Login(LoginServices& services, Peer peer);
    ~Login();
    Login(const Login&) = delete;
    Login& operator=(const Login&) = delete;

    struct Reply {
        bool done = false;
        std::string payload;
    };

    // How long a command may take: maxTimeMS. Empty: for as long as it takes.
    using Limit = std::optional<std::chrono::milliseconds>;

    // saslStart; drops an unfinished attempt. Empty: refused, and the attempt is over.
    std::optional<Reply> start(std::string_view database, std::string_view payload, Limit limit);
    // saslContinue; needs an attempt in progress.
    std::optional<Reply> proceed(std::string_view payload, Limit limit) {
        return step(payload, limit);
    }
    bool in_progress() const { return attempt_ != nullptr; }
    // Ends an unfinished attempt; M is for the log.
    template <const maws::Message& M>
    void abandon() {
        abandon(M.text);
    }

    // Null before login and after logout.
    const User* user() const { return user_; }
    void log_out() { user_ = nullptr; }

 private:
    struct Attempt;

    void abandon(std::string_view why);
    std::optional<Reply> step(std::string_view payload, Limit limit);
    std::optional<Reply> finish(const maws::Info& info);
    void report(std::string_view outcome, const maws::Info& info, std::string_view detail);

    LoginServices& services_;
    const Peer peer_;
    std::unique_ptr<Attempt> attempt_;
    const User* user_ = nullptr;
};

}  // namespace host
