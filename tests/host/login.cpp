#include "login.h"

#include <exception>

#include "maws/status.h"
#include "messages.h"

namespace host {
namespace {

using Clock = std::chrono::steady_clock;

std::string_view outcome_of(maws_status status) {
    if (status == MAWS_E_CANCELLED) return "cancelled";
    return maws::group_of(status) == maws::Group::kClient ? "refused" : "failed";
}

// A wait that nothing interrupted and that is over has run out of time.
std::string why_interrupted(Interruption cause) {
    switch (cause) {
        case Interruption::kDisconnected:
            return maws::say<messages::kDisconnected>();
        case Interruption::kKilled:
            return maws::say<messages::kKilled>();
        case Interruption::kShutdown:
            return maws::say<messages::kShuttingDown>();
        case Interruption::kNone:
            break;
    }
    return maws::say<messages::kOutOfTime>();
}

std::string unknown_user(const maws::Info& info) {
    return info.kind == MAWS_PRINCIPAL_ROLE ? maws::say<messages::kUnknownRole>()
                                            : maws::say<messages::kUnknownUser>();
}

}  // namespace

struct Login::Attempt {
    Attempt(std::uint64_t number, Clock::time_point now) : id(number), began(now) {}

    const std::uint64_t id;
    const Clock::time_point began;
    maws::Waiter waiter;  // before the conversation, which it has to outlive
    std::optional<maws::Conversation> conversation;
};

Login::Login(LoginServices& services, Peer peer) : services_(services), peer_(std::move(peer)) {}

Login::~Login() {
    try {
        abandon<messages::kConnectionEnded>();
    } catch (const std::exception&) {
        // Out of memory for the log line; the attempt's members end the conversation all the same.
    }
}

std::optional<Login::Reply> Login::start(std::string_view database, std::string_view payload,
                                         Limit limit) {
    abandon<messages::kBeganAgain>();
    attempt_ = std::make_unique<Attempt>(++services_.last_attempt, Clock::now());
    maws::Begin begin;
    begin.tls = peer_.tls;
    begin.log_id = attempt_->id;
    begin.database = database;
    begin.client_addr = peer_.address;
    begin.ready = &attempt_->waiter;
    maws::Result<maws::Conversation> begun = maws::Conversation::begin(services_.plugin, begin);
    if (!begun) {
        maws::Info refused;
        refused.reason = begun.error().reason;
        report(outcome_of(begun.error().status), refused, begun.error().message);
        attempt_.reset();
        return std::nullopt;
    }
    attempt_->conversation.emplace(std::move(begun).value());
    return step(payload, limit);
}

std::optional<Login::Reply> Login::step(std::string_view payload, Limit limit) {
    maws::Conversation& conversation = *attempt_->conversation;
    maws::Verdict verdict;
    Interruption cause = Interruption::kNone;
    const auto deadline = limit ? std::optional(Clock::now() + *limit) : std::nullopt;
    {
        const DisconnectWatcher::Watch watch(services_.watcher, peer_.connection, peer_.socket,
                                             attempt_->waiter);
        verdict = attempt_->waiter.step(
            conversation, payload, [&](auto& condition, auto& lock, auto ready) {
                const auto over = [&] {
                    return ready() || watch.interruption() != Interruption::kNone;
                };
                if (deadline) {
                    condition.wait_until(lock, *deadline, over);
                } else {
                    condition.wait(lock, over);
                }
                return ready();
            });
        cause = watch.interruption();
    }
    const maws::Info info = conversation.info();
    if (verdict.interrupted) {
        report("cancelled", info, why_interrupted(cause));
    } else if (verdict.step.status == MAWS_CONTINUE) {
        return Reply{false, std::string(verdict.step.reply)};
    } else if (verdict.step.status == MAWS_DONE) {
        return finish(info);
    } else {
        report(outcome_of(verdict.step.status), info, info.detail);
    }
    attempt_.reset();
    return std::nullopt;
}

std::optional<Login::Reply> Login::finish(const maws::Info& info) {
    const User* user = services_.users.find(info.principal);
    std::optional<Reply> reply;
    if (info.principal.empty() || user == nullptr) {
        report("refused", info, unknown_user(info));
    } else if (user_ != nullptr && user_ != user) {
        report("refused", info, maws::say<messages::kAnotherUser>());
    } else {
        user_ = user;
        report("success", info, {});
        reply = Reply{true, {}};
    }
    attempt_.reset();
    return reply;
}

void Login::abandon(std::string_view why) {
    if (attempt_ == nullptr) return;
    const maws::Info info = attempt_->conversation ? attempt_->conversation->info() : maws::Info{};
    report("cancelled", info, why);
    attempt_.reset();
}

void Login::report(std::string_view outcome, const maws::Info& info, std::string_view detail) {
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - attempt_->began);
    LogLine line("login");
    line.text("outcome", outcome)
        .number("logId", attempt_->id)
        .number("connection", peer_.connection)
        .text("remote", peer_.address)
        .text("principal", info.principal)
        .text("rawArn", info.raw_arn)
        .text("kind", maws::kind_name(info.kind))
        .text("account", info.account)
        .text("userId", info.user_id)
        .text("accessKeyId", info.access_key_id)
        .text("stsHost", info.sts_host)
        .text("stsRequestId", info.sts_request_id)
        .text("stsErrorCode", info.sts_error_code)
        .number("reason", info.reason)
        .text("detail", detail)
        .number("durationMs", static_cast<std::uint64_t>(took.count()))
        .number("queueUs", info.queue_us)
        .number("connectUs", info.connect_us)
        .number("stsUs", info.sts_us);
    services_.log.write(std::move(line));
}

}  // namespace host
