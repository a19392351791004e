// What the adapter writes to the server's log, component ACCESS.
#pragma once

#include <cstdint>
#include <string>

#include "maws/plugin.h"

namespace mongo {
namespace awsauth {

// One login as its line in the log tells it; what is not known is empty.
struct LoginRecord {
    std::uint64_t login = 0;  // also in the plugin's own lines of this login
    std::string remote;       // as in the server's other lines and in its audit log
    std::string principal;    // the user that is looked up in $external
    std::string rawArn;       // with the session name
    std::string userId;
    std::string account;
    std::string accessKeyId;
    std::string stsRequestId;
    std::string stsErrorCode;
    std::string group;   // who has to act on a refusal: client, environment, ...
    std::string detail;  // why it was refused; holds no secret
    int reason = 0;      // the plugin's number for it
    long long durationMillis = 0;
};

// At default verbosity, one of the two for every login that comes to an end.
void logVerified(const LoginRecord& record);
void logRefused(const LoginRecord& record);

void logInfo(const std::string& text);
void logWarning(const std::string& text);

// The lowest level of the plugin that the server's verbosity lets through.
std::int32_t wantedLogLevel();

// Takes the plugin's own lines. Those of single logins at level info are debug lines here, since
// logVerified and logRefused tell the same.
class PluginLog final : public maws::LogSink {
 public:
    void log(const maws::LogEvent& event) noexcept override;
};

}  // namespace awsauth
}  // namespace mongo
