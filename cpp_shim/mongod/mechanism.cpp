#include "mechanism.h"

#include <string_view>

#include "active.h"
#include "maws/status.h"
#include "messages.h"
#include "mongo/base/error_codes.h"
#include "mongo/config.h"
#include "mongo/db/client.h"
#include "mongo/transport/session.h"
#include "mongo/util/net/hostandport.h"
#include "parameters.h"
#ifdef MONGO_CONFIG_SSL
#include "mongo/util/net/ssl_types.h"
#endif

namespace mongo {
namespace awsauth {
namespace {

// Waits until ready() is true or the operation is interrupted: its client has gone, it was killed,
// its time is up, the server shuts down. Called with the lock held.
//
// Of all lines' ways to wait this is the one that every line has and that does not throw. From 4.4
// on it leaves it to its caller to look for interruptions, and that must be done without the lock.
// One that comes between the look and the wait is not lost: it makes the wait return at once.
template <class Ready>
Status waitFor(OperationContext* opCtx, stdx::condition_variable& condition,
               stdx::unique_lock<stdx::mutex>& lock, Ready ready) noexcept {
    while (!ready()) {
        lock.unlock();
        Status interrupted = opCtx->checkForInterruptNoAssert();
        lock.lock();
        if (!interrupted.isOK()) return interrupted;
        if (ready()) break;
        const auto waited =
            opCtx->waitForConditionOrInterruptNoAssertUntil(condition, lock, Date_t::max());
        if (!waited.isOK()) return waited.getStatus();
    }
    return Status::OK();
}

auto codeFor(maws_status status) {
    switch (status) {
        case MAWS_E_PROTOCOL:
            return ErrorCodes::BadValue;
        case MAWS_E_TIMEOUT:
            return ErrorCodes::ExceededTimeLimit;
        case MAWS_E_UPSTREAM:
            return ErrorCodes::HostUnreachable;
        case MAWS_E_CANCELLED:
            // By the server's stop alone: an interrupted operation has a status of its own.
            return ErrorCodes::InterruptedAtShutdown;
        default:
            break;
    }
    switch (maws::group_of(status)) {
        case maws::Group::kClient:
            return ErrorCodes::AuthenticationFailed;
        case maws::Group::kEnvironment:
            return ErrorCodes::OperationFailed;
        default:
            return ErrorCodes::InternalError;
    }
}

// Once the server has stopped the plugin, calls come too late for what they are.
maws_status unlessStopped(maws_status status) {
    const bool late = maws::group_of(status) == maws::Group::kHost;
    return late && active()->logins().stopped() ? MAWS_E_CANCELLED : status;
}

bool clientUsesTls(OperationContext* opCtx) {
#ifdef MONGO_CONFIG_SSL
    const auto session = opCtx->getClient()->session();
    return session != nullptr && isTls(SSLPeerInfo::forSession(session));
#else
    return false;
#endif
}

std::string remoteOf(OperationContext* opCtx) {
    const auto session = opCtx->getClient()->session();
    return session == nullptr ? std::string() : session->remote().toString();
}

}  // namespace

Mechanism::StepResult Mechanism::stepImpl(OperationContext* opCtx, Text input) {
    try {
        return doStep(opCtx, input);
    } catch (...) {
        return exceptionToStatus();
    }
}

Mechanism::StepResult Mechanism::doStep(OperationContext* opCtx, Text input) {
    ++facts_.step;
    if (over_) return Status(ErrorCodes::BadValue, maws::say<messages::kIsOver>());
    if (!login_) {
        const Status begun = begin(opCtx);
        if (!begun.isOK()) return begun;
    }
    Status interruption = Status::OK();
    StepResult result =
        Status(ErrorCodes::InterruptedAtShutdown, maws::say<messages::kShuttingDown>());
    const bool ran = login_->run([&](maws::Conversation& conversation) {
        const maws::Verdict verdict =
            waiter_.step(conversation, viewOf(input),
                         [&](stdx::condition_variable& condition, auto& lock, auto ready) {
                             interruption = waitFor(opCtx, condition, lock, ready);
                             return interruption.isOK();
                         });
        if (!interruption.isOK()) {
            report(MAWS_E_CANCELLED, conversation.info());
            result = interruption;
        } else if (verdict.step.status == MAWS_CONTINUE) {
            result = std::make_tuple(false, std::string(verdict.step.reply));
        } else if (verdict.step.status == MAWS_DONE) {
            result = verified(conversation.info());
        } else {
            result = refuse(unlessStopped(verdict.step.status), conversation.info());
        }
    });
    if (!ran) report(MAWS_E_CANCELLED, {});
    if (over_) login_.reset();
    return result;
}

Status Mechanism::begin(OperationContext* opCtx) {
    Active* const plugin = active();
    if (plugin == nullptr)
        return Status(ErrorCodes::InternalError, maws::say<messages::kNoPlugin>());
    plugin->followLogLevel(wantedLogLevel());
    began_ = std::chrono::steady_clock::now();
    record_.login = plugin->nextLogin();
    record_.remote = remoteOf(opCtx);

    const std::string database = std::string(viewOf(getAuthenticationDatabase()));
    maws::Begin args;
    args.tls = clientUsesTls(opCtx);
    args.log_id = record_.login;
    args.database = database;
    args.client_addr = record_.remote;
    login_.emplace(plugin->logins(), waiter_);
    const maws::Result<void> begun = login_->begin(plugin->plugin(), args);
    if (begun) return Status::OK();
    login_.reset();
    maws::Info info;
    info.reason = begun.error().reason;
    info.detail = begun.error().message;
    return refuse(begun.error().status, info);
}

Mechanism::StepResult Mechanism::verified(const maws::Info& info) {
    if (info.principal.empty()) return refuse(MAWS_E_INTERNAL, info);
    over_ = true;
    fillRecord(info);
    _principalName = record_.principal;
    facts_.userId = record_.userId;
    facts_.principal = record_.principal;
    facts_.rawArn = record_.rawArn;
    facts_.account = record_.account;
    facts_.stsRequestId = record_.stsRequestId;
    const int seconds = parameters.awsMaxSessionSecs.load();
    if (seconds > 0) facts_.expires = Date_t::now() + Seconds(seconds);
    logVerified(record_);
    return std::make_tuple(true, std::string());
}

Status Mechanism::refuse(maws_status status, const maws::Info& info) {
    report(status, info);
    return Status(codeFor(status), maws::say<messages::kRefused>(record_.login, record_.reason));
}

void Mechanism::report(maws_status status, const maws::Info& info) {
    over_ = true;
    fillRecord(info);
    record_.group = std::string(maws::group_name(maws::group_of(status)));
    if (record_.detail.empty()) record_.detail = maws::say<messages::kEndedByServer>();
    facts_.rawArn = record_.rawArn;
    facts_.account = record_.account;
    facts_.stsRequestId = record_.stsRequestId;
    logRefused(record_);
}

void Mechanism::fillRecord(const maws::Info& info) {
    record_.principal = std::string(info.principal);
    record_.rawArn = std::string(info.raw_arn);
    record_.userId = std::string(info.user_id);
    record_.account = std::string(info.account);
    record_.accessKeyId = std::string(info.access_key_id);
    record_.stsRequestId = std::string(info.sts_request_id);
    record_.stsErrorCode = std::string(info.sts_error_code);
    record_.detail = std::string(info.detail);
    record_.reason = static_cast<int>(info.reason);
    record_.durationMillis = std::chrono::duration_cast<std::chrono::milliseconds>(
                                 std::chrono::steady_clock::now() - began_)
                                 .count();
}

bool Factory::canMakeMechanismForUser(const User* user) const {
    // The server's own mechanism of this name, where there is one, already offers it.
    if (kHasBuiltIn || !user->getCredentials().isExternal) return false;
    return viewOf(user->getName().getUser()).substr(0, 4) == "arn:";
}

}  // namespace awsauth
}  // namespace mongo
