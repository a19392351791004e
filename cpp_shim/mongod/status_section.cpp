// The section awsIamAuth of serverStatus: always the same fields, as the server's diagnostic data
// capture needs them. Without a plugin there is no section.
#include <string>
#include <type_traits>

#include "active.h"
#include "mongo/bson/bsonobjbuilder.h"
#if __has_include("mongo/db/commands/server_status/server_status.h")
#include "mongo/db/commands/server_status/server_status.h"
#else
#include "mongo/db/commands/server_status.h"
#endif

namespace mongo {

// Of lines that do not have it nothing more is needed than the name.
template <typename Section>
class ServerStatusSectionBuilder;

namespace awsauth {
namespace {

class StatusSection final : public ServerStatusSection {
 public:
    using ServerStatusSection::ServerStatusSection;

    bool includeByDefault() const override { return true; }

    BSONObj generateSection(OperationContext* /*opCtx*/,
                            const BSONElement& /*configElement*/) const override {
        Active* const plugin = active();
        if (plugin == nullptr) return BSONObj();
        const auto read = plugin->plugin().stats();
        if (!read) return BSONObj();
        const maws_stats& stats = read.value();
        BSONObjBuilder section;
        const auto add = [&section](const char* name, std::uint64_t value) {
            section.append(name, static_cast<long long>(value));
        };
        add("workers", stats.workers);
        add("conversations", stats.conversations);
        add("queued", stats.queued);
        add("inFlight", stats.in_flight);
        add("begun", stats.begun);
        add("succeeded", stats.succeeded);
        add("badProtocol", stats.bad_protocol);
        add("denied", stats.denied);
        add("overloaded", stats.overloaded);
        add("timedOut", stats.timed_out);
        add("upstreamFailed", stats.upstream_failed);
        add("cancelled", stats.cancelled);
        add("systemFailed", stats.system_failed);
        add("faults", stats.faults);
        add("stsRequests", stats.sts_requests);
        add("stsConnections", stats.sts_connections);
        add("stsUsTotal", stats.sts_us_total);
        add("stsUsMax", stats.sts_us_max);
        add("stsThrottled", stats.sts_throttled);
        add("stsRetries", stats.sts_retries);
        add("stsStale", stats.sts_stale);
        add("throttledAccounts", stats.throttled_accounts);
        return section.obj();
    }
};

template <class Section>
Section& makeSection(const char* name) {
    if constexpr (std::is_constructible_v<Section, std::string>) {
        static Section section{std::string(name)};  // registers itself
        return section;
    } else {
        return *ServerStatusSectionBuilder<Section>(name).forShard().forRouter();
    }
}

[[maybe_unused]] const StatusSection& statusSection = makeSection<StatusSection>("awsIamAuth");

}  // namespace
}  // namespace awsauth
}  // namespace mongo
