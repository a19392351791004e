#include "mongo/db/auth/aws_auth/server_log.h"

#include <pthread.h>

#include <array>

#include "maws/status.h"
#include "mongo/bson/bsonobjbuilder.h"
#include "mongo/util/concurrency/thread_name.h"
// The component has to be defined before the log's header is read.
#if __has_include("mongo/logv2/log.h")
#define MONGO_LOGV2_DEFAULT_COMPONENT ::mongo::logv2::LogComponent::kAccessControl
#define MAWS_LOG "mongo/logv2/log.h"
#else
#define MONGO_LOG_DEFAULT_COMPONENT ::mongo::logger::LogComponent::kAccessControl
#define MAWS_LOG "mongo/util/log.h"
#endif
#include MAWS_LOG

namespace mongo {
namespace awsauth {
namespace {

enum class Severity { kDebug, kInfo, kWarning, kError };

Severity severityOf(const maws::LogEvent& event) {
    const auto severity = maws::map_level(event.level, Severity::kDebug, Severity::kInfo,
                                          Severity::kWarning, Severity::kError);
    return severity == Severity::kInfo && event.log_id != 0 ? Severity::kDebug : severity;
}

// Gives a thread of the plugin, which the server would show as "thread8", the name in the log that
// it has for the operating system.
void nameThread() {
    thread_local const bool named = [] {
        std::array<char, 16> name{};
        if (pthread_getname_np(pthread_self(), name.data(), name.size()) != 0) return false;
        const std::string text = name.data();
        if (text.compare(0, 5, "maws-") != 0) return false;
        setThreadName(text);
        return true;
    }();
    static_cast<void>(named);
}

}  // namespace

#if defined(MONGO_LOGV2_DEFAULT_COMPONENT)

// Ids are unique in the server's tree; these belong to no ticket of its authors. 4.2.14's check
// counts those between 51999 and 3873100 as skipped.
void logVerified(const LoginRecord& record) {
    LOGV2(3911601, "MONGODB-AWS login verified", "login"_attr = record.login,
          "remote"_attr = record.remote, "principal"_attr = record.principal,
          "rawArn"_attr = record.rawArn, "userId"_attr = record.userId,
          "account"_attr = record.account, "accessKeyId"_attr = record.accessKeyId,
          "stsRequestId"_attr = record.stsRequestId, "durationMillis"_attr = record.durationMillis);
}

void logRefused(const LoginRecord& record) {
    LOGV2(3911602, "MONGODB-AWS login refused", "login"_attr = record.login,
          "remote"_attr = record.remote, "group"_attr = record.group, "reason"_attr = record.reason,
          "detail"_attr = record.detail, "stsErrorCode"_attr = record.stsErrorCode,
          "rawArn"_attr = record.rawArn, "account"_attr = record.account,
          "accessKeyId"_attr = record.accessKeyId, "stsRequestId"_attr = record.stsRequestId,
          "durationMillis"_attr = record.durationMillis);
}

void logInfo(const std::string& text) {
    LOGV2(3911603, "MONGODB-AWS", "text"_attr = text);
}

void logWarning(const std::string& text) {
    LOGV2_WARNING(3911604, "MONGODB-AWS", "text"_attr = text);
}

std::int32_t wantedLogLevel() {
    return shouldLog(logv2::LogComponent::kAccessControl, logv2::LogSeverity::Debug(1))
               ? MAWS_LOG_DEBUG
               : MAWS_LOG_INFO;
}

namespace {

void logPlugin(Severity severity, int message, std::uint64_t login, const std::string& text) {
    switch (severity) {
        case Severity::kDebug:
            LOGV2_DEBUG(3911605, 1, "MONGODB-AWS plugin", "message"_attr = message,
                        "login"_attr = login, "text"_attr = text);
            break;
        case Severity::kInfo:
            LOGV2(3911606, "MONGODB-AWS plugin", "message"_attr = message, "login"_attr = login,
                  "text"_attr = text);
            break;
        case Severity::kWarning:
            LOGV2_WARNING(3911607, "MONGODB-AWS plugin", "message"_attr = message,
                          "login"_attr = login, "text"_attr = text);
            break;
        case Severity::kError:
            LOGV2_ERROR(3911608, "MONGODB-AWS plugin", "message"_attr = message,
                        "login"_attr = login, "text"_attr = text);
            break;
    }
}

}  // namespace

#else

// A document in JSON after the message: names chosen by a client cannot forge a line.
void logVerified(const LoginRecord& record) {
    BSONObjBuilder attributes;
    attributes.append("login", static_cast<long long>(record.login));
    attributes.append("remote", record.remote);
    attributes.append("principal", record.principal);
    attributes.append("rawArn", record.rawArn);
    attributes.append("userId", record.userId);
    attributes.append("account", record.account);
    attributes.append("accessKeyId", record.accessKeyId);
    attributes.append("stsRequestId", record.stsRequestId);
    attributes.append("durationMillis", record.durationMillis);
    mongo::log() << "MONGODB-AWS login verified " << attributes.obj().jsonString();
}

void logRefused(const LoginRecord& record) {
    BSONObjBuilder attributes;
    attributes.append("login", static_cast<long long>(record.login));
    attributes.append("remote", record.remote);
    attributes.append("group", record.group);
    attributes.append("reason", record.reason);
    attributes.append("detail", record.detail);
    attributes.append("stsErrorCode", record.stsErrorCode);
    attributes.append("rawArn", record.rawArn);
    attributes.append("account", record.account);
    attributes.append("accessKeyId", record.accessKeyId);
    attributes.append("stsRequestId", record.stsRequestId);
    attributes.append("durationMillis", record.durationMillis);
    mongo::log() << "MONGODB-AWS login refused " << attributes.obj().jsonString();
}

void logInfo(const std::string& text) {
    mongo::log() << "MONGODB-AWS: " << text;
}

void logWarning(const std::string& text) {
    mongo::warning() << "MONGODB-AWS: " << text;
}

std::int32_t wantedLogLevel() {
    return shouldLog(logger::LogComponent::kAccessControl, logger::LogSeverity::Debug(1))
               ? MAWS_LOG_DEBUG
               : MAWS_LOG_INFO;
}

namespace {

void logPlugin(Severity severity, int message, std::uint64_t login, const std::string& text) {
    BSONObjBuilder builder;
    builder.append("message", message);
    builder.append("login", static_cast<long long>(login));
    builder.append("text", text);
    const std::string line = "MONGODB-AWS plugin " + builder.obj().jsonString();
    switch (severity) {
        case Severity::kDebug:
            LOG(1) << line;
            break;
        case Severity::kInfo:
            mongo::log() << line;
            break;
        case Severity::kWarning:
            mongo::warning() << line;
            break;
        case Severity::kError:
            mongo::error() << line;
            break;
    }
}

}  // namespace

#endif

void PluginLog::log(const maws::LogEvent& event) noexcept {
    try {
        nameThread();
        logPlugin(severityOf(event), static_cast<int>(event.message_id), event.log_id,
                  std::string(event.text));
    } catch (const std::exception&) {
        // Out of memory for one line.
    }
}

}  // namespace awsauth
}  // namespace mongo
