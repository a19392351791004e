// The section awsIamAuth of serverStatus: the plugin's statistics, as its JSON has them. Their
// fields are fixed, as the server's diagnostic data capture needs them. Without a plugin there is
// no section.
#include <string>
#include <type_traits>

#include "mongo/bson/json.h"
#include "mongo/db/auth/aws_auth/aws_auth_plugin.h"
#include "mongo/db/commands.h"
#include "mongo/util/assert_util.h"
#if __has_include("mongo/db/commands/server_status/server_status.h")
#define MAWS_SERVER_STATUS "mongo/db/commands/server_status/server_status.h"
#else
#define MAWS_SERVER_STATUS "mongo/db/commands/server_status.h"
#endif
#include MAWS_SERVER_STATUS

namespace mongo {

// For server lines that lack it, the name is enough.
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
        const auto json = plugin->plugin().stats_json();
        if (!json) return BSONObj();
        try {
            return fromjson(json.value());
        } catch (const DBException&) {
            return BSONObj();  // serverStatus works without the section
        }
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
