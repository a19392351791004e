#include "mongo/db/auth/aws_auth/mechanism.h"

#include <string_view>

#include "maws/status.h"
#include "mongo/base/error_codes.h"
#include "mongo/config.h"
#include "mongo/db/auth/aws_auth/aws_auth_plugin.h"
#include "mongo/db/auth/aws_auth/hide_payload.h"
#include "mongo/db/auth/aws_auth/messages.h"
#include "mongo/db/auth/aws_auth/parameters.h"
#include "mongo/db/client.h"
#include "mongo/transport/session.h"
#include "mongo/util/net/hostandport.h"
#ifdef MONGO_CONFIG_SSL
#include "mongo/util/net/ssl_types.h"
#if __has_include("mongo/util/net/ssl_peer_info.h")
#include "mongo/util/net/ssl_peer_info.h"
#endif
#endif

namespace mongo {
namespace awsauth {
namespace {

// Waits until ready() is true or the operation is interrupted: its client has gone, it was killed,
// its time is up, the server shuts down. Called with the lock held. The server's wait throws; the
// one that gives a status is private in all lines but the first.
template <class Lock, class Ready>
Status waitFor(OperationContext* opCtx, stdx::condition_variable& condition, Lock& lock,
               Ready ready) noexcept {
    try {
        opCtx->waitForConditionOrInterrupt(condition, lock, ready);
        return Status::OK();
    } catch (...) {
        return exceptionToStatus();
    }
}

std::string whyInterrupted(const Status& interruption) {
    switch (interruption.code()) {
        case ErrorCodes::ClientDisconnect:
            return maws::say<messages::kClientGone>();
        case ErrorCodes::Interrupted:
            return maws::say<messages::kKilled>();
        case ErrorCodes::MaxTimeMSExpired:
        case ErrorCodes::ExceededTimeLimit:
            return maws::say<messages::kOutOfTime>();
        case ErrorCodes::InterruptedAtShutdown:
            return maws::say<messages::kShuttingDown>();
        default:
            return maws::say<messages::kInterrupted>(interruption.reason());
    }
}

auto codeFor(maws_status status) {
    switch (status) {
        case MAWS_E_PROTOCOL:
            return ErrorCodes::BadValue;
        case MAWS_E_TIMEOUT:
            return ErrorCodes::ExceededTimeLimit;
        case MAWS_E_UPSTREAM:
            return ErrorCodes::HostUnreachable;
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
    const HiddenPayload hidden(opCtx);
    if (!conversation_) {
        const Status begun = begin(opCtx);
        if (!begun.isOK()) return begun;
    }
    Status interruption = Status::OK();
    const maws::Verdict verdict =
        waiter_.step(*conversation_, viewOf(input),
                     [&](stdx::condition_variable& condition, auto& lock, auto ready) {
                         interruption = waitFor(opCtx, condition, lock, ready);
                         return interruption.isOK();
                     });
    if (interruption.isOK() && verdict.step.status == MAWS_CONTINUE) {
        return std::make_tuple(false, std::string(verdict.step.reply));
    }
    StepResult result = [&]() -> StepResult {
        const maws::Info info = conversation_->info();
        if (!interruption.isOK()) {
            report(MAWS_E_CANCELLED, info, whyInterrupted(interruption));
            return interruption;
        }
        if (verdict.step.status == MAWS_DONE) return verified(info);
        return refuse(verdict.step.status, info);
    }();
    conversation_.reset();
    return result;
}

Status Mechanism::begin(OperationContext* opCtx) {
    Active* const plugin = active();
    if (plugin == nullptr)
        return Status(ErrorCodes::InternalError, maws::say<messages::kNoPlugin>());
    plugin->followLogLevel(wantedLogLevel());
    timer_.reset();
    record_.login = plugin->nextLogin();
    record_.remote = remoteOf(opCtx);

    const std::string database = std::string(viewOf(getAuthenticationDatabase()));
    maws::Begin args;
    args.tls = clientUsesTls(opCtx);
    args.log_id = record_.login;
    args.database = database;
    args.client_addr = record_.remote;
    args.ready = &waiter_;
    maws::Result<maws::Conversation> begun = maws::Conversation::begin(plugin->plugin(), args);
    if (begun) {
        conversation_.emplace(std::move(begun).value());
        return Status::OK();
    }
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
    report(status, info, {});
    return Status(codeFor(status), maws::say<messages::kRefused>(record_.login, record_.reason));
}

void Mechanism::report(maws_status status, const maws::Info& info, std::string detail) {
    over_ = true;
    fillRecord(info);
    record_.group = std::string(maws::group_name(maws::group_of(status)));
    if (!detail.empty()) record_.detail = std::move(detail);
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
    record_.durationMillis = timer_.millis();
}

bool Factory::canMakeMechanismForUser(const User* user) const {
    // The server's own mechanism of this name, where there is one, already offers it.
    if (kHasBuiltIn || !user->getCredentials().isExternal) return false;
    return viewOf(user->getName().getUser()).substr(0, 4) == "arn:";
}

}  // namespace awsauth
}  // namespace mongo
