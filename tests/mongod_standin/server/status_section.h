// Stand-in: sections of serverStatus.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "bson.h"

namespace mongo {

class OperationContext;
class ServerStatusSection;

inline std::map<std::string, ServerStatusSection*>& standinSections() {
    static std::map<std::string, ServerStatusSection*> all;
    return all;
}

enum class ClusterRole { kNone, kBoth };

class ServerStatusSection {
 public:
#if STANDIN_LINE < 800
    explicit ServerStatusSection(const std::string& name) {
        standinSections()[name] = this;
    }
#else
    ServerStatusSection(std::string name, ClusterRole /*role*/) {
        standinSections()[std::move(name)] = this;
    }
#endif
    virtual ~ServerStatusSection() = default;
    virtual bool includeByDefault() const = 0;
    virtual BSONObj generateSection(OperationContext* opCtx, const BSONElement& element) const = 0;
};

#if STANDIN_LINE >= 800
template <typename Section>
class ServerStatusSectionBuilder {
 public:
    explicit ServerStatusSectionBuilder(std::string name) : name_(std::move(name)) {}
    ServerStatusSectionBuilder forShard() && { return std::move(*this); }
    ServerStatusSectionBuilder forRouter() && { return std::move(*this); }
    Section& operator*() && {
        static const auto section = std::make_unique<Section>(name_, ClusterRole::kBoth);
        return *section;
    }

 private:
    std::string name_;
};
#endif

}  // namespace mongo
