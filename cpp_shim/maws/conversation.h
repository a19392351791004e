// One login: begin, one step per message of the client, the outcome.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "maws/plugin.h"
#include "maws/result.h"

namespace maws {

// What the server knows when a client starts to log in.
struct Begin {
    bool tls = false;             // the client's connection to the server is protected by TLS
    std::uint32_t budget_ms = 0;  // longest verification, where less than awsStsTimeoutMs; 0 = that
    std::uint64_t log_id = 0;     // comes back in each log event
    std::string_view database;    // of the saslStart command
    std::string_view client_addr;  // for log lines, and for whose logins wait in a storm
    // Told of each pending step's outcome; null: the host only polls. Must outlive the
    // conversation; its notify_ready may still run until the conversation has ended.
    ReadySink* ready = nullptr;
    // With Plugin::Host::ready in place of it: what its notify_ready is told. A number of the
    // server's own, not a pointer: a queue may still hold it when the conversation has ended.
    std::uint64_t tag = 0;
};

// What a step or poll gave.
struct Step {
    maws_status status = MAWS_E_HANDLE;  // MAWS_DONE, MAWS_CONTINUE, MAWS_PENDING or a failure
    std::string_view reply;              // bytes for the client; valid until the conversation ends
};

// All that is known of a login; empty until known. Texts are valid until the conversation ends and
// hold no secret, but much in them was chosen by a stranger: escape before printing.
struct Info {
    maws_status status = MAWS_E_HANDLE;
    std::uint32_t reason = 0;  // stable number of the reason of a failure, else 0
    std::int32_t kind = MAWS_PRINCIPAL_NONE;
    std::string_view principal;  // the user to look up in $external; after MAWS_DONE only
    std::string_view raw_arn;
    std::string_view account;
    std::string_view user_id;
    std::string_view session_name;  // chosen by the client, for logs only
    std::string_view access_key_id;
    std::string_view sts_host;
    std::string_view sts_request_id;
    std::string_view sts_error_code;
    std::string_view detail;  // for the server's log, never for the client
    std::uint64_t queue_us = 0;
    std::uint64_t connect_us = 0;
    std::uint64_t sts_us = 0;
    std::uint64_t total_us = 0;
};

// "user", "role", "federated", "root", or "" for a kind that is not known.
std::string_view kind_name(std::int32_t kind) noexcept;

// Cancels a conversation from any thread, at any time. A copy may outlive the conversation and the
// plugin: it does nothing then.
class Canceller {
 public:
    Canceller() = default;
    void cancel() const noexcept {
        if (api_ != nullptr) api_->cancel(handle_);
    }

 private:
    friend class Conversation;
    Canceller(const maws_api* api, maws_conv handle) : api_(api), handle_(handle) {}

    const maws_api* api_ = nullptr;
    maws_conv handle_{};
};

// Owns one conversation; at the end of its life the work is cancelled and the conversation ended.
// One call at a time, from any thread; cancel() and info() from any thread at any time.
class Conversation {
 public:
    // Fails with MAWS_E_OVERLOADED when too many conversations live, with MAWS_E_PROTOCOL when the
    // database is not $external.
    static Result<Conversation> begin(const Plugin& plugin, const Begin& args);

    Conversation(Conversation&& other) noexcept;
    Conversation& operator=(Conversation&& other) noexcept;
    Conversation(const Conversation&) = delete;
    Conversation& operator=(const Conversation&) = delete;
    ~Conversation() { end(); }

    // Takes one payload of the client; never waits for the network.
    Step step(std::string_view payload) noexcept;
    // The outcome after MAWS_PENDING; waits for it at most wait_ms milliseconds.
    Step poll(std::uint32_t wait_ms) noexcept;
    // Ends the work at once; an outcome that is there already stays.
    void cancel() const noexcept { canceller().cancel(); }
    Canceller canceller() const noexcept;
    Info info() const noexcept;

    // Cancels and ends the conversation before its destructor would. Waits only for a notify_ready
    // that is already running, so the caller must not hold a lock that notify_ready takes. After it
    // no notify_ready runs, and every view that step, poll and info gave is invalid.
    void end() noexcept;

 private:
    Conversation(std::shared_ptr<detail::PluginState> state, maws_conv handle) noexcept
        : state_(std::move(state)), handle_(handle) {}

    std::shared_ptr<detail::PluginState> state_;  // null after end
    maws_conv handle_{};
};

}  // namespace maws
